/* Says that it has options, but has no table of them. */
#include "skeleton.h"

SKELETON_NOTE("options_missing");
SKELETON_ENTRY("options_missing", skeleton_create, 0, NULL, 3)

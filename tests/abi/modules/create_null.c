/* Its entry cannot make an instance. */
#include "skeleton.h"

SKELETON_NOTE("create_null");
SKELETON_ENTRY("create_null", NULL, 0, NULL, 0)

/* Nothing is wrong with its code; it is linked in ways that are, under several names. */
#include "skeleton.h"

TRAPLINE_PLUGIN_NOTE_ABI(PLUGIN_ID, "1.0.0", TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u);
SKELETON_ENTRY(PLUGIN_ID, skeleton_create, 0, NULL, 0)

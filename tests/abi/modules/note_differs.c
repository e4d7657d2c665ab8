/* Its note and its descriptor say different versions. */
#include "skeleton.h"

TRAPLINE_PLUGIN_NOTE_ABI("note_differs", "2.0.0", TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u);
SKELETON_ENTRY("note_differs", skeleton_create, 0, NULL, 0)

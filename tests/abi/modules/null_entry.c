/* Its entry function has nothing to give. */
#include "skeleton.h"

SKELETON_NOTE("null_entry");

TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return NULL; }

/* Its entry has no descriptor. */
#include "skeleton.h"

SKELETON_NOTE("descriptor_null");

static const trapline_entry entry = {sizeof(trapline_entry), TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0, "c", NULL,
                                     skeleton_create};
TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return &entry; }

/* Its note is right, but its entry says another ABI major: nothing more of it may be read. */
#include "skeleton.h"

SKELETON_NOTE("entry_of_another_major");

static const trapline_entry entry = {sizeof(trapline_entry),        TRAPLINE_ABI_MAJOR + 1, 0, 0, "c",
                                     (const trapline_descriptor*)8, skeleton_create};
TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return &entry; }

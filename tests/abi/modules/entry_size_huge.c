/* Its entry says that it is of a later revision, larger than ours: that is allowed. */
#include "skeleton.h"

SKELETON_NOTE("entry_size_huge");

static const trapline_descriptor descriptor = {
    .struct_size = 0xffffffffu, .id = "entry_size_huge", .version = "1.0.0", .option_size = sizeof(trapline_option)};
static const trapline_entry entry = {0xffffffffu, TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0,
                                     "c",         &descriptor,        skeleton_create};
TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return &entry; }

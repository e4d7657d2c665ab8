/* Its entry does not say how large it is: nothing of it may be read. */
#include "skeleton.h"

SKELETON_NOTE("entry_size_zero");

static const trapline_descriptor descriptor = {.struct_size = sizeof(trapline_descriptor),
                                               .id = "entry_size_zero",
                                               .version = "1.0.0",
                                               .option_size = sizeof(trapline_option)};
static const trapline_entry entry = {0, TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0, "c", &descriptor, skeleton_create};
TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return &entry; }

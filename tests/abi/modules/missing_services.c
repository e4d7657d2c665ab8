/* Requires two services that no host offers. */
#include "skeleton.h"

SKELETON_NOTE("missing_services");

static const char* const services[] = {"trapline.log/1", "trapline.teleport/1", "trapline.bus/99"};
static const trapline_descriptor descriptor = {.struct_size = sizeof(trapline_descriptor),
                                               .id = "missing_services",
                                               .version = "1.0.0",
                                               .option_size = sizeof(trapline_option),
                                               .required_services = services,
                                               .required_service_count = 3};
static const trapline_entry entry = {
    sizeof(trapline_entry), TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0, "c", &descriptor, skeleton_create};
TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return &entry; }

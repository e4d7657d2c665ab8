/* Tells the same option twice. */
#include "skeleton.h"

SKELETON_NOTE("duplicate_option");

static const trapline_option options[] = {
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_INT, 0, "depth", "1", "0..9", "levels"},
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_BOOL, 0, "depth", "true", NULL, "whether"},
};
SKELETON_ENTRY("duplicate_option", skeleton_create, 0, options, 2)

/* Its default lies outside its own range. */
#include "skeleton.h"

SKELETON_NOTE("bad_default");

static const trapline_option options[] = {
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_INT, 0, "depth", "100", "0..9", "levels"},
};
SKELETON_ENTRY("bad_default", skeleton_create, 0, options, 1)

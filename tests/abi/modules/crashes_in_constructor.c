/* Takes the process with it as soon as it is loaded. */
#include "skeleton.h"

SKELETON_NOTE("crashes_in_constructor");

__attribute__((constructor)) static void at_load(void) { abort(); }
SKELETON_ENTRY("crashes_in_constructor", skeleton_create, 0, NULL, 0)

/* Ends the process as soon as it is loaded. */
#include "skeleton.h"

SKELETON_NOTE("exits_in_constructor");

__attribute__((constructor)) static void at_load(void) { exit(7); }
SKELETON_ENTRY("exits_in_constructor", skeleton_create, 0, NULL, 0)

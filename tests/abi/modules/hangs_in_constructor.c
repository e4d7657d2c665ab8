/* Never returns from being loaded. */
#include <unistd.h>

#include "skeleton.h"

SKELETON_NOTE("hangs_in_constructor");

__attribute__((constructor)) static void at_load(void) {
  for (;;) pause();
}
SKELETON_ENTRY("hangs_in_constructor", skeleton_create, 0, NULL, 0)

/* Needs a newer host than this one. Its constructor must never run. */
#include <stdio.h>

#include "skeleton.h"

TRAPLINE_PLUGIN_NOTE_ABI("too_new", "1.0.0", TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR + 7, TRAPLINE_ABI_MINOR + 7);

__attribute__((constructor)) static void leave_a_trace(void) {
  const char* path = getenv("TRAPLINE_TEST_CANARY");
  FILE* f = path ? fopen(path, "w") : NULL;
  if (f) fclose(f);
}

static trapline_status create(const trapline_host* host, const trapline_plugin** out, trapline_error* error) {
  (void)error;
  *out = skeleton_new(host);
  return *out ? TRAPLINE_OK : TRAPLINE_E_NOMEM;
}
SKELETON_ENTRY("too_new", create, 0, NULL, 0)

/* Says another ABI major. Its constructor must never run: it would leave a file as a trace. */
#include <stdio.h>

#include "skeleton.h"

TRAPLINE_PLUGIN_NOTE_ABI("wrong_major", "1.0.0", TRAPLINE_ABI_MAJOR + 1, 0u, 0u);

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
SKELETON_ENTRY("wrong_major", create, 0, NULL, 0)

/* Linked without the version script, so it exports a second symbol. */
#include "skeleton.h"

TRAPLINE_PLUGIN_NOTE_ABI("extra_exports", "1.0.0", TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u);

int somebody_elses_function(void);
int somebody_elses_function(void) { return 1; }

static trapline_status create(const trapline_host* host, const trapline_plugin** out, trapline_error* error) {
  (void)error;
  *out = skeleton_new(host);
  return *out ? TRAPLINE_OK : TRAPLINE_E_NOMEM;
}
SKELETON_ENTRY("extra_exports", create, 0, NULL, 0)

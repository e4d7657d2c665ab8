/* Its instance lacks on_events. */
#include "skeleton.h"

TRAPLINE_PLUGIN_NOTE_ABI("null_callback", "1.0.0", TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u);

static trapline_status create(const trapline_host* host, const trapline_plugin** out, trapline_error* error) {
  trapline_plugin* p = skeleton_new(host);
  (void)error;
  if (p) p->on_events = NULL;
  *out = p;
  return p ? TRAPLINE_OK : TRAPLINE_E_NOMEM;
}
SKELETON_ENTRY("null_callback", create, 0, NULL, 0)

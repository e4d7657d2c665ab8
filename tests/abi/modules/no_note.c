/* A shared library with the right entry but without a note. */
#include "skeleton.h"

static trapline_status create(const trapline_host* host, const trapline_plugin** out, trapline_error* error) {
  (void)error;
  *out = skeleton_new(host);
  return *out ? TRAPLINE_OK : TRAPLINE_E_NOMEM;
}
SKELETON_ENTRY("no_note", create, 0, NULL, 0)

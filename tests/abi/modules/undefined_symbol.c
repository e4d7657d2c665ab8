/* Calls a function that it hopes to find in the host. */
#include "skeleton.h"

SKELETON_NOTE("undefined_symbol");

int a_function_of_the_host(void);
static trapline_status create(const trapline_host* host, const trapline_plugin** out, trapline_error* error) {
  return a_function_of_the_host() == 0 ? skeleton_create(host, out, error) : TRAPLINE_E_FAILED;
}
SKELETON_ENTRY("undefined_symbol", create, 0, NULL, 0)

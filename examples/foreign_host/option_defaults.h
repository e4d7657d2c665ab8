/* From a plugin's option table to the JSON that its configure() expects: every option present, defaults filled in. */
#ifndef OPTION_DEFAULTS_H
#define OPTION_DEFAULTS_H

#include "trapline/abi/plugin.h"

struct chosen_option {
  const char* path;  /* `alarm.on` */
  const char* value; /* as it would stand in YAML: `0.8`, `15s`, `[a, b]` */
};

/* `chosen`: those that are not to have their default; ends with a path of NULL. The caller frees the text. NULL: out of
 * memory, or `*wrong` is the path of an option that has no value but needs one, or whose value cannot be read. Ranges
 * are not checked here. */
char* options_as_json(const trapline_descriptor* d, const struct chosen_option* chosen, const char** wrong);

#endif

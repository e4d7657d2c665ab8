/*
 * Trapline plugin ABI: the option table, by which a plugin tells its options as data.
 *
 * The host checks the YAML against it before any code of the plugin runs, prints it
 * (`trapline explain PLUGIN`) and hands configure() a JSON object in which every option is present:
 * defaults are filled in, durations are integers in ns, sizes are integers in bytes, enums are
 * strings, lists are arrays, maps are objects, and an optional option without default is null.
 * Dots in a path become nested objects.
 */
#ifndef TRAPLINE_ABI_OPTION_H
#define TRAPLINE_ABI_OPTION_H

#include "trapline/abi/base.h"

#define TRAPLINE_OPTION_BOOL 1
#define TRAPLINE_OPTION_INT 2 /* int64 */
#define TRAPLINE_OPTION_FLOAT 3
#define TRAPLINE_OPTION_STRING 4
#define TRAPLINE_OPTION_DURATION 5 /* YAML `250ms`, `15s`, `10m`, `1h`; JSON ns */
#define TRAPLINE_OPTION_BYTES 6    /* YAML `64KiB`, `4MiB`; JSON bytes */
#define TRAPLINE_OPTION_ENUM 7
#define TRAPLINE_OPTION_SECRET 8 /* YAML `env:NAME` or `file:PATH`; JSON true if set, value by trapline.secret/1 */
#define TRAPLINE_OPTION_LIST 9   /* of strings */
#define TRAPLINE_OPTION_MAP 10   /* string to string */

#define TRAPLINE_OPTION_REQUIRED 0x1u

/* One option. Rows stand side by side, `option_size` bytes apart (see trapline_descriptor). They and their texts are
 * static data of the plugin: valid as long as its file is loaded. Texts are NUL-terminated UTF-8. Members without a
 * mark: since 0.0. */
typedef struct trapline_option {
  uint32_t struct_size; /* sizeof(trapline_option) when the plugin was built */
  uint32_t flags;       /* TRAPLINE_OPTION_REQUIRED */
  uint32_t type;        /* TRAPLINE_OPTION_* */
  uint32_t reserved0;
  const char* path;          /* `reconnect.max_attempts`; lower-case words, dots, underscores */
  const char* default_value; /* as it would stand in YAML, lists as `[a, b]`; NULL = none */
  const char* allowed;       /* INT, FLOAT, DURATION, BYTES: `min..max`; ENUM and LIST: `a|b|c`; NULL = any */
  const char* doc;           /* one line */
} trapline_option;

#endif

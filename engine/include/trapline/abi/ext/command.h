/*
 * Trapline plugin ABI: extension `trapline.command/1`: what a person may ask of a running instance.
 *
 * `trapline ctl debug feed` calls command `debug` of the instance `feed`.
 */
#ifndef TRAPLINE_ABI_EXT_COMMAND_H
#define TRAPLINE_ABI_EXT_COMMAND_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_EXTENSION_COMMAND "trapline.command/1"

/* Largest answer of run(), in bytes. */
#define TRAPLINE_COMMAND_ANSWER_MAX 4194304u

/* What get_extension(TRAPLINE_EXTENSION_COMMAND) returns: static data of the plugin or part of the instance, valid
 * until destroy(). Members without a mark: since 0.1. */
typedef struct trapline_command {
  uint32_t struct_size;     /* sizeof(trapline_command) when the plugin was built */
  uint32_t name_count;      /* of `names` */
  const char* const* names; /* of the commands, NUL-terminated, [a-z0-9_-]; for people and error messages */

  /* Carries out the command `name` with `args`, a JSON object, and writes its answer, one JSON value in UTF-8, to
   * `answer`; nothing written means `null`. Must not block: what takes longer is begun here and seen in what the
   * instance publishes. Never inside another callback. [lane] States: after start() has succeeded, until stop().
   * Errors: any, with `error` filled: what was expected, what was found; the answer is then not used. NOT_FOUND: there
   * is no such command. INVALID: `args` are not what the command takes. STATE: not now. */
  trapline_status (*run)(const trapline_plugin* plugin, trapline_str name, trapline_str args,
                         const trapline_sink* answer, trapline_error* error);
} trapline_command;

#endif

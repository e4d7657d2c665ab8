/*
 * Trapline plugin ABI: the ELF note, which the host reads from the file before it loads the plugin,
 * so that a wrong plugin is refused before any of its code (constructors included) runs.
 *
 * `readelf -n plugin.so` shows it as owner "Trapline", type 1.
 */
#ifndef TRAPLINE_ABI_NOTE_H
#define TRAPLINE_ABI_NOTE_H

#include "trapline/abi/base.h"

#define TRAPLINE_NOTE_NAME "Trapline"
#define TRAPLINE_NOTE_TYPE 1u
#define TRAPLINE_NOTE_MAGIC 0x4c505254u /* "TRPL" */

/* What stands in the note. Texts are NUL-padded, and at least one NUL ends them. A later revision may be longer: its
 * first members are these. */
typedef struct trapline_note {
  uint32_t magic;     /* TRAPLINE_NOTE_MAGIC */
  uint32_t abi_major; /* of the headers that the plugin was built with */
  uint32_t abi_minor;
  uint32_t min_host_minor; /* least minor of a host that the plugin can work with */
  char id[48];             /* plugin id, as in the descriptor */
  char version[32];        /* of the plugin */
} trapline_note;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_note) == 96, "trapline_note layout");

/* The note as it lies in the file: ELF note header, owner padded to 12 bytes, contents. */
typedef struct trapline_note_section {
  uint32_t name_size;
  uint32_t desc_size;
  uint32_t type;
  char name[12];
  trapline_note note;
} trapline_note_section;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_note_section) == 120, "trapline_note_section layout");

/* Puts the note into the plugin. Once for each ABI major that it serves, at file scope, followed by a semicolon. */
#define TRAPLINE_PLUGIN_NOTE_ABI(plugin_id, plugin_version, major, minor, needs_minor)    \
  __attribute__((section(".note.trapline"), used,                                         \
                 aligned(4))) static const trapline_note_section trapline_plugin_note = { \
      sizeof(TRAPLINE_NOTE_NAME),                                                         \
      sizeof(trapline_note),                                                              \
      TRAPLINE_NOTE_TYPE,                                                                 \
      TRAPLINE_NOTE_NAME,                                                                 \
      {TRAPLINE_NOTE_MAGIC, major, minor, needs_minor, plugin_id, plugin_version}}

#endif

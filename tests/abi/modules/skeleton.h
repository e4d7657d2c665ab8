/* What every test plugin in C has in common: an entry around four functions that the plugin defines. */
#ifndef TRAPLINE_TEST_SKELETON_H
#define TRAPLINE_TEST_SKELETON_H

#include <stdlib.h>
#include <string.h>

#include "trapline/abi/abi.h"

static trapline_status skeleton_configure(const trapline_plugin* p, trapline_str json, trapline_error* e) {
  (void)p, (void)json, (void)e;
  return TRAPLINE_OK;
}
static trapline_status skeleton_start(const trapline_plugin* p, trapline_error* e) {
  (void)p, (void)e;
  return TRAPLINE_OK;
}
static void skeleton_on_events(const trapline_plugin* p, const trapline_event* const* events, uint32_t n) {
  (void)p, (void)events, (void)n;
}
static void skeleton_stop(const trapline_plugin* p) { (void)p; }
static void skeleton_destroy(const trapline_plugin* p) { free((void*)(uintptr_t)p); }

/* A plugin whose callbacks do nothing; plugin_data is the host. */
static inline trapline_plugin* skeleton_new(const trapline_host* host) {
  trapline_plugin* p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->struct_size = sizeof *p;
  p->plugin_data = (void*)(uintptr_t)host;
  p->configure = skeleton_configure;
  p->start = skeleton_start;
  p->on_events = skeleton_on_events;
  p->stop = skeleton_stop;
  p->destroy = skeleton_destroy;
  return p;
}

static inline trapline_status skeleton_create(const trapline_host* host, const trapline_plugin** out,
                                              trapline_error* error) {
  (void)error;
  *out = skeleton_new(host);
  return *out ? TRAPLINE_OK : TRAPLINE_E_NOMEM;
}

#define SKELETON_NOTE(plugin_id) \
  TRAPLINE_PLUGIN_NOTE_ABI(plugin_id, "1.0.0", TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0u)

#define SKELETON_ENTRY(plugin_id, create_fn, flags_value, option_table, option_rows)                            \
  static const trapline_descriptor skeleton_descriptor = {.struct_size = sizeof(trapline_descriptor),           \
                                                          .flags = flags_value,                                 \
                                                          .id = plugin_id,                                      \
                                                          .version = "1.0.0",                                   \
                                                          .vendor = "tests",                                    \
                                                          .summary = "test plugin",                             \
                                                          .options = option_table,                              \
                                                          .option_count = option_rows,                          \
                                                          .option_size = sizeof(trapline_option)};              \
  static const trapline_entry skeleton_entry = {                                                                \
      sizeof(trapline_entry), TRAPLINE_ABI_MAJOR, TRAPLINE_ABI_MINOR, 0, "c", &skeleton_descriptor, create_fn}; \
  TRAPLINE_EXPORT const trapline_entry* trapline_plugin_entry_v0(void) { return &skeleton_entry; }

#endif

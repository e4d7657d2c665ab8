#include "option_defaults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
  char* at;
  size_t len, cap;
  int failed;
};

static void put(struct text* t, const char* bytes, size_t n) {
  if (t->failed) return;
  if (t->len + n + 1 > t->cap) {
    const size_t cap = 2 * (t->len + n + 1);
    char* more = realloc(t->at, cap);
    if (!more) {
      t->failed = 1;
      return;
    }
    t->at = more;
    t->cap = cap;
  }
  memcpy(t->at + t->len, bytes, n);
  t->len += n;
  t->at[t->len] = '\0';
}

static void quoted(struct text* t, const char* bytes, size_t n) {
  size_t i;
  put(t, "\"", 1);
  for (i = 0; i < n; ++i) {
    if (bytes[i] == '"' || bytes[i] == '\\') put(t, "\\", 1);
    put(t, bytes + i, 1);
  }
  put(t, "\"", 1);
}

/* `15s`, `64KiB`: a whole number and its unit. */
static int with_unit(struct text* t, const char* value) {
  static const struct {
    const char* unit;
    long long factor;
  } units[] = {{"ns", 1},
               {"us", 1000},
               {"ms", 1000000},
               {"s", 1000000000LL},
               {"m", 60000000000LL},
               {"h", 3600000000000LL},
               {"B", 1},
               {"KiB", 1024},
               {"MiB", 1024 * 1024},
               {"GiB", 1024LL * 1024 * 1024}};
  char* end;
  const long long n = strtoll(value, &end, 10);
  size_t i;
  char out[32];
  if (end == value) return 0;
  for (i = 0; i < sizeof units / sizeof *units; ++i)
    if (strcmp(end, units[i].unit) == 0) {
      put(t, out, (size_t)snprintf(out, sizeof out, "%lld", n * units[i].factor));
      return 1;
    }
  return 0;
}

static void list(struct text* t, const char* value) {
  int items = 0;
  put(t, "[", 1);
  for (value += strspn(value, "[ "); *value && *value != ']'; value += strspn(value, ", ")) {
    const size_t n = strcspn(value, ",] ");
    if (items++) put(t, ",", 1);
    quoted(t, value, n);
    value += n;
  }
  put(t, "]", 1);
}

static int put_value(struct text* t, const trapline_option* o, const char* value) {
  if (o->type == TRAPLINE_OPTION_SECRET) value = "false"; /* this host has none */
  if (!value) {
    put(t, "null", 4);
    return (o->flags & TRAPLINE_OPTION_REQUIRED) == 0;
  }
  switch (o->type) {
    case TRAPLINE_OPTION_STRING:
    case TRAPLINE_OPTION_ENUM:
      quoted(t, value, strlen(value));
      return 1;
    case TRAPLINE_OPTION_DURATION:
    case TRAPLINE_OPTION_BYTES:
      return with_unit(t, value);
    case TRAPLINE_OPTION_LIST:
      list(t, value);
      return 1;
    case TRAPLINE_OPTION_MAP:
      put(t, "{}", 2);
      return 1;
    default: /* BOOL, INT, FLOAT look the same in JSON */
      put(t, value, strlen(value));
      return 1;
  }
}

/* Rows may be longer than we know them. */
static const trapline_option* row(const trapline_descriptor* d, uint32_t n) {
  return (const trapline_option*)(const void*)((const char*)d->options + (size_t)n * d->option_size);
}

/* The object of all options whose path begins with the `n` bytes at `prefix`: dots become nested objects. */
static void object(struct text* t, const trapline_descriptor* d, const struct chosen_option* chosen, const char* prefix,
                   size_t n, const char** wrong) {
  uint32_t i, k;
  int members = 0;
  put(t, "{", 1);
  for (i = 0; i < d->option_count; ++i) {
    const char* path = row(d, i)->path;
    const char* value = row(d, i)->default_value;
    const struct chosen_option* c;
    size_t word;
    int told = 0;
    if (strncmp(path, prefix, n) != 0) continue;
    word = strcspn(path + n, ".");
    for (k = 0; k < i && !told; ++k) /* with an earlier row of the same group */
      told = strncmp(row(d, k)->path, path, n + word) == 0 && row(d, k)->path[n + word] == '.';
    if (told) continue;
    if (members++) put(t, ",", 1);
    quoted(t, path + n, word);
    put(t, ":", 1);
    if (path[n + word] == '.') {
      object(t, d, chosen, path, n + word + 1, wrong);
      continue;
    }
    for (c = chosen; c->path; ++c)
      if (strcmp(c->path, path) == 0) value = c->value;
    if (!put_value(t, row(d, i), value)) *wrong = path;
  }
  put(t, "}", 1);
}

char* options_as_json(const trapline_descriptor* d, const struct chosen_option* chosen, const char** wrong) {
  struct text t = {NULL, 0, 0, 0};
  *wrong = NULL;
  object(&t, d, chosen, "", 0, wrong);
  if (!t.failed && !*wrong) return t.at;
  free(t.at);
  return NULL;
}

/* Trapline plugin ABI: strings, buffers, status codes, errors. */
#ifndef TRAPLINE_ABI_BASE_H
#define TRAPLINE_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TRAPLINE_STATIC_ASSERT(cond, text) static_assert(cond, text)
#define TRAPLINE_EXTERN_C extern "C"
#else
#define TRAPLINE_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#define TRAPLINE_EXTERN_C extern
#endif

/* Size in bytes of `type` up to and including `member`: the `struct_size` of the revision that ended there. */
#define TRAPLINE_SIZE_UP_TO(type, member) (offsetof(type, member) + sizeof(((type*)0)->member))

/* Non-zero if the writer of `*ptr` knew `member` (its `struct_size` covers it). Pointers among such
 * members may still be NULL, which means the same as absent. */
#define TRAPLINE_HAS(type, ptr, member) ((ptr)->struct_size >= TRAPLINE_SIZE_UP_TO(type, member))

/* Marks the one symbol that a plugin exports. */
#define TRAPLINE_EXPORT TRAPLINE_EXTERN_C __attribute__((visibility("default")))

/* UTF-8 text, not NUL-terminated. Borrowed for the call unless a function says otherwise. Passed by value, so it never
 * grows. */
typedef struct trapline_str {
  const char* ptr;
  size_t len;
} trapline_str;

/* The caller's memory, which stays the caller's. The callee writes at most `cap` bytes and sets `len` to the bytes
 * needed; `len > cap` means that nothing useful was written and the call may be repeated with more room. */
typedef struct trapline_buf {
  char* ptr;
  size_t cap;
  size_t len;
} trapline_buf;

/* 0 or a negative error. Values are never renumbered. */
typedef int32_t trapline_status;

/* Where a callee puts an answer of any length: the caller's, valid for the call that it is passed to, on the thread of
 * that call. Passed by pointer, an element of nothing, so it never grows. Since 0.1. */
typedef struct trapline_sink {
  void* context; /* the caller's own */

  /* Appends bytes, which are copied. LIMIT: the answer would be larger than the caller takes; then it is of no use.
   * INVALID, NOMEM. */
  trapline_status (*write)(const struct trapline_sink* sink, trapline_str bytes);
} trapline_sink;

#define TRAPLINE_OK 0
/* Not now: the bus is full, or drain() wants another call. Nothing was done; try again later. */
#define TRAPLINE_E_AGAIN (-1)
/* An argument breaks the contract of the function (NULL, bad size, unknown id). */
#define TRAPLINE_E_INVALID (-2)
/* The thing asked for does not exist. */
#define TRAPLINE_E_NOT_FOUND (-3)
/* A stated limit would be exceeded (event too large, too many topics). */
#define TRAPLINE_E_LIMIT (-4)
/* The instance or the engine is stopping; the call can never succeed again. */
#define TRAPLINE_E_CLOSED (-5)
/* Called in a state or on a thread where it is not allowed. */
#define TRAPLINE_E_STATE (-6)
/* A configuration value is wrong; `trapline_error.path` names it. */
#define TRAPLINE_E_CONFIG (-7)
/* The outside world failed: file, socket, peer. */
#define TRAPLINE_E_IO (-8)
/* Out of memory. */
#define TRAPLINE_E_NOMEM (-9)
/* Anything else, an escaped C++ exception included. */
#define TRAPLINE_E_FAILED (-10)
/* It took longer than it may: a callback over its budget, a lane that hangs. Since 0.1. */
#define TRAPLINE_E_TIMEOUT (-11)

/* Owned by the caller, which sets `struct_size` and zeroes the rest; filled by the callee when it returns an error.
 * Texts are NUL-terminated UTF-8 and never contain secrets. */
typedef struct trapline_error {
  uint32_t struct_size;
  trapline_status code;
  char path[128]; /* dotted option path such as `credentials.key`, or empty */
  char text[384]; /* what was expected, what was found, what to do about it */
} trapline_error;

TRAPLINE_STATIC_ASSERT(sizeof(trapline_error) == 520, "trapline_error layout");

/* Side of a trade, an order or a book. */
#define TRAPLINE_SIDE_UNKNOWN 0
#define TRAPLINE_SIDE_BUY 1
#define TRAPLINE_SIDE_SELL 2

#endif

/* LD_PRELOAD: a disk that goes wrong under the segments of a journal. DISK_FAULT is `KIND:BYTES`: after so many bytes
 * written to files named seg-*, KIND is what happens to them:
 *
 * - full: write(2) writes what still fits, then fails with ENOSPC; nothing else of the folder can be made or grow
 * - io: write(2) fails with EIO
 * - sync: fdatasync(2) fails with EIO
 * - hang: write(2) does not return
 * - read: pread(2) fails with EIO for what lies behind so many bytes of a file
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { most_fds = 1024 };
static atomic_int is_segment[most_fds];
static atomic_int is_beside[most_fds]; /* another file of the journal */
static atomic_long written;

static long limit_of(const char* kind) {
  const char* fault = getenv("DISK_FAULT");
  const size_t n = strlen(kind);
  return fault && strncmp(fault, kind, n) == 0 && fault[n] == ':' ? atol(fault + n + 1) : -1;
}

static int over(const char* kind, long more) {
  const long limit = limit_of(kind);
  return limit >= 0 && atomic_load(&written) + more > limit;
}

int open(const char* path, int flags, ...) {
  int (*real)(const char*, int, ...) = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, "open");
  va_list args;
  va_start(args, flags);
  const int mode = (flags & O_CREAT) ? va_arg(args, int) : 0;
  va_end(args);
  const int fd = real(path, flags, mode);
  if (fd >= 0 && fd < most_fds) {
    atomic_store(&is_segment[fd], strstr(path, "/seg-") != NULL);
    atomic_store(&is_beside[fd], strstr(path, "/journal/") != NULL && strstr(path, "/seg-") == NULL);
  }
  return fd;
}

ssize_t write(int fd, const void* bytes, size_t n) {
  ssize_t (*real)(int, const void*, size_t) = (ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write");
  const int known = fd >= 0 && fd < most_fds;
  if (known && atomic_load(&is_beside[fd]) && over("full", 1)) {
    errno = ENOSPC;
    return -1;
  }
  if (!known || !atomic_load(&is_segment[fd])) return real(fd, bytes, n);
  if (over("io", (long)n)) {
    errno = EIO;
    return -1;
  }
  while (over("hang", (long)n)) pause();
  if (over("full", (long)n)) {
    const long room = limit_of("full") - atomic_load(&written);
    if (room <= 0) {
      errno = ENOSPC;
      return -1;
    }
    n = (size_t)room;
  }
  const ssize_t done = real(fd, bytes, n);
  if (done > 0) atomic_fetch_add(&written, done);
  return done;
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  if (fd >= 0 && fd < most_fds && atomic_load(&is_segment[fd]) && over("sync", 0)) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}

ssize_t pread(int fd, void* bytes, size_t n, off_t at) {
  ssize_t (*real)(int, void*, size_t, off_t) = (ssize_t(*)(int, void*, size_t, off_t))dlsym(RTLD_NEXT, "pread");
  const long limit = limit_of("read");
  if (limit >= 0 && fd >= 0 && fd < most_fds && atomic_load(&is_segment[fd]) && at + (off_t)n > limit) {
    errno = EIO;
    return -1;
  }
  return real(fd, bytes, n, at);
}

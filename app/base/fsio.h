/* fsio: whole small files, written so that a crash leaves the old or the new one, never a half. */
#ifndef BASE_FSIO_H
#define BASE_FSIO_H

#include "base/task.h"

#include <sys/types.h>

/* Reads a regular file of at most cap bytes. E_NOTFOUND, E_LIMIT, E_UNAVAILABLE with a sentence. */
enum err fsio_read(struct task *t, const char *path, size_t cap, struct span *out);
/* Writes to a temporary name, fsyncs, renames, fsyncs the folder. */
enum err fsio_write_atomic(struct task *t, const char *path, struct span bytes, mode_t mode);
/* mkdir -p of one folder with that mode (not masked by the umask). */
enum err fsio_mkdir(struct task *t, const char *path, mode_t mode);
/* fsync of a folder, after a rename in it. */
enum err fsio_sync_dir(struct task *t, const char *path);
/* Writes all of it; false with errno. Retries EINTR and short writes. */
bool fsio_write_all(int fd, struct span bytes);

#endif

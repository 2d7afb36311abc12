/* cli_database: a path or a dataset's name becomes a real path, with what is odd about the file. */
#include "cli/cli_database.h"

#include "query/dataset.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_BYTES = 100 };

static bool
names_a_file(const char *z)
{
    return strchr(z, '/') || span_ends(span_of(z), ".db") || span_ends(span_of(z), ".sqlite") || access(z, F_OK) == 0;
}

static bool
is_there(struct task *t, const char *path, const char *tail)
{
    struct stat st;
    return stat(task_printf(t, "%s%s", path, tail), &st) == 0 && st.st_size > 0;
}

/* A file of the user's did not come through the import gate: what is odd about it is said, not guessed. It is read as
 * one unchanging file, so a write-ahead log beside it is not seen. */
static enum err
look_at_file(struct task *t, const char *name, struct cli_database *c)
{
    char head[HEADER_BYTES] = {0};
    int fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        int e = fd < 0 ? errno : EINVAL;
        if (fd >= 0)
            close(fd);
        return task_fail(t, E_NOTFOUND, "%s can't be read: %s.", name, e == EINVAL ? "it is not a file" : strerror(e));
    }
    ssize_t n = read(fd, head, sizeof head);
    close(fd);
    if (n == 0)
        return task_fail(t, E_CORRUPT, "%s is empty: it has no tables.", name);
    if (n < HEADER_BYTES || memcmp(head, "SQLite format 3", 16) != 0)
        return task_fail(t, E_CORRUPT, "%s is not an SQLite database, or it is encrypted.", name);
    if (is_there(t, c->path, "-wal"))
        c->note =
            SPAN("Changes in the write-ahead log beside the file (-wal) are not seen; close the program that writes it "
                 "first.");
    else if (is_there(t, c->path, "-journal"))
        c->note = SPAN("A journal lies beside the file: a program writes it now, or was stopped while it wrote.");
    return E_OK;
}

enum err
cli_database_find(struct task *t, const char *name, struct cli_database *c)
{
    char real[PATH_MAX];
    struct dataset_file file;
    const struct dataset_ask ask = {.name = span_of(name), .level = DATASET_VARIANTS - 1};
    if (names_a_file(name)) {
        if (!realpath(name, real))
            return task_fail(t, E_NOTFOUND, "%s can't be read: %s.", name, strerror(errno));
        *c = (struct cli_database){.path = task_z(t, span_of(real))};
        return look_at_file(t, name, c);
    }
    if (dataset_find(t, &ask, "db", &file) != E_OK)
        return t->err;
    if (access(file.path, R_OK) != 0)
        return task_fail(t, E_DENIED, "The dataset's file may not be read by this user (%s).", strerror(errno));
    *c = (struct cli_database){.path = file.path, .revision = file.revision};
    return E_OK;
}

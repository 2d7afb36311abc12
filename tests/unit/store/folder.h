/* folder: a temporary folder for one test, with a database in it. */
#ifndef TESTS_STORE_FOLDER_H
#define TESTS_STORE_FOLDER_H

#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct folder {
    char path[64];
    char file[96];
    struct task t;
};

static inline int
folder_up(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    snprintf(f->path, sizeof f->path, "/tmp/lyceum-store-XXXXXX");
    if (!mkdtemp(f->path))
        return -1;
    snprintf(f->file, sizeof f->file, "%s/x.db", f->path);
    task_begin(&f->t, 0);
    *state = f;
    return 0;
}

static inline int
folder_down(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    struct folder *f = *state;
    char name[128];
    task_end(&f->t);
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", f->file, ends[i]);
        unlink(name);
    }
    int r = rmdir(f->path);
    free(f);
    return r;
}

#endif

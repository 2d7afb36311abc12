/* work_priv: inside of a work database's connection, for the other files of store/work_*. */
#ifndef STORE_WORK_PRIV_H
#define STORE_WORK_PRIV_H

#include "store/db.h"
#include "store/work.h"

struct work {
    struct db db;
    bool open; /* a transaction that work_begin opened */
};

/* Runs a change of one row; when it changed none: E_CONFLICT with the sentence. */
enum err work_change_one(
    struct task *t, struct work *w, const char *sql, const struct db_arg *args, size_t n, const char *else_sentence);
/* A growing array in the task for lists of unknown length: returns room for one more. */
void *work_list_room(struct task *t, void **list, size_t *n, size_t *room, size_t item_bytes);

#endif

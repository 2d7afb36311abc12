/* migrate: brings a database of ours forward to what this program knows, under a lock, and never back. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/db.h"

/* One file migrations/<folder>/NNNN_name.sql, compiled in: an installed program needs no files. */
struct migration {
    const char *name; /* "0001_init.sql" */
    const char *sql;
};
struct migration_list {
    const struct migration *rows; /* in order, numbers without a gap from 1 */
    size_t n;
};
extern const struct migration_list migrations_authority;
extern const struct migration_list migrations_work;

/* Applies what is missing, all or nothing, and checks what was applied before. Safe when several processes start at
 * once. E_CONFLICT: the database is newer than the program, or a file of old was changed; E_UNAVAILABLE: busy, full. */
enum err migrate(struct task *t, struct db *db, const struct migration_list *list);

#endif

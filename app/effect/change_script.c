/* change_script: preparing and stepping. */
#include "effect/change_script.h"

#include "effect/change.h"

#include <string.h>

static const struct script_steps no_steps;

static enum err
step_all(struct task *t, struct rules *r, sqlite3_stmt *st, const struct script_steps *steps, size_t n)
{
    int rc = SQLITE_ROW;
    if (sqlite3_stmt_isexplain(st) != 0)
        return rules_refuse(t, r, E_INVALID, WORD_DENIED, "EXPLAIN is not allowed in a change.");
    if (steps->before && steps->before(t, steps->arg) != E_OK)
        return t->err;
    while (rc == SQLITE_ROW)
        rc = sqlite3_step(st);
    if (rc == SQLITE_DONE)
        return E_OK;
    if (steps->stopped && steps->stopped(t, steps->arg))
        return t->err;
    return rules_fail(t, r, rc, n);
}

/* The next statement of *z; *any: there was one. */
static enum err
next(struct task *t, struct rules *r, const char **z, size_t n, const struct script_steps *steps, bool *any)
{
    sqlite3_stmt *st = NULL;
    const char *tail = NULL;
    r->altering = r->making = false;
    r->drop[0] = r->why[0] = '\0';
    int rc = sqlite3_prepare_v2(r->db, *z, -1, &st, &tail);
    enum err e = rc == SQLITE_OK ? E_OK : rules_fail(t, r, rc, n);
    *any = st != NULL;
    *z = tail;
    if (e == E_OK && st)
        e = step_all(t, r, st, steps, n);
    sqlite3_finalize(st);
    if (e == E_OK && *any && steps->after)
        e = steps->after(t, steps->arg);
    return e;
}

enum err
change_script(struct task *t, struct rules *r, struct span sql, const struct script_steps *steps)
{
    const char *z = task_z(t, sql);
    size_t n = 1;
    if (sql.n > CHANGE_SQL_BYTES)
        return rules_refuse(t, r, E_LIMIT, WORD_LARGE, "The statements are longer than 100,000 bytes.");
    if (memchr(z, '\0', sql.n)) /* whoever reads it would see more than what runs */
        return rules_refuse(t, r, E_INVALID, WORD_SYNTAX, "The statements hold a byte that is zero.");
    while (*z) {
        bool any = false;
        if (n > CHANGE_STATEMENTS)
            return rules_refuse(t, r, E_LIMIT, WORD_LARGE, "There are more than 200 statements.");
        if (next(t, r, &z, n, steps ? steps : &no_steps, &any) != E_OK)
            return t->err;
        n += any;
    }
    return n > 1 ? E_OK : rules_refuse(t, r, E_INVALID, WORD_SYNTAX, "There is no statement.");
}

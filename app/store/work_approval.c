/* work_approval: turns that wait for gate. */
#include "store/work_approval.h"

#include "store/work_priv.h"

/* The index turn_approval is over just these. */
#define WAITING "state = 'waiting' AND approval <> ''"

static const char list_sql[] =
    "SELECT id, approval FROM turn WHERE " WAITING " AND stop_asked = 0 AND approval > ? ORDER BY approval LIMIT ?";
static const char settled_sql[] =
    "UPDATE turn SET state = 'queued' WHERE " WAITING " AND stop_asked = 0 AND approval = ?";

enum err
work_approval_list(
    struct task *t, struct work *w, struct span after, size_t most, struct work_approval **out, size_t *n)
{
    struct db_rows rows;
    *out = task_array(t, most, sizeof **out);
    *n = 0;
    if (db_rows(t, &w->db, list_sql, DB_ARGS(DB_TEXT(after), DB_I64((int64_t)most)), &rows) != E_OK)
        return t->err;
    while (db_next(t, &rows))
        (*out)[(*n)++] = (struct work_approval){db_text(t, &rows, 0), db_text(t, &rows, 1)};
    return t->err;
}

enum err
work_approval_settled(struct task *t, struct work *w, struct span approval)
{
    return db_run(t, &w->db, settled_sql, DB_ARGS(DB_TEXT(approval)), NULL);
}

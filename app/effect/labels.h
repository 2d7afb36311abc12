/* labels: which tables and columns of a dataset lie above its level: what gate wrote into the grant's detail. */
#ifndef EFFECT_LABELS_H
#define EFFECT_LABELS_H

#include "base/task.h"

#include <jansson.h>

enum { LABELS_MOST = 200, LABELS_BYTES = 6000, LABELS_LEVELS = 4 };

struct label_entry {
    struct span table, column; /* column empty: the whole table */
    int level;
};
struct labels {
    int level; /* of the dataset: 0..3 */
    struct label_entry *entries;
    size_t n;
    const json_t *generated; /* [["table","column"]...]: made of other columns, or NULL */
    bool hold;               /* readers keep what they have */
    int64_t change_rows, undo_days;
};

/* Reads {"level","labels":[["table","column",level]...],"hold","change_rows","undo_days"}; empty text: level 0, no
 * labels. Entries that do not raise are left out. E_INVALID. */
enum err labels_read(struct task *t, struct span detail, struct labels *out);
/* {"level":n,"labels":[...]}: the same labels always give the same text. Without labels it is empty: then the level
 * changes nothing about the files. */
struct span labels_text(struct task *t, const struct labels *l);

/* Names compare by ASCII case, as SQLite's do. */
bool labels_hide_table(const struct labels *l, int clearance, struct span table);
/* Also true for columns that were made of others, where one of the table's columns is hidden. */
bool labels_hide_column(const struct labels *l, int clearance, struct span table, struct span column);
/* Is the table or any of its columns above the clearance? */
bool labels_touch(const struct labels *l, int clearance, struct span table);
/* Does the SQL of a view speak of anything that is hidden? Rather once too often. */
bool labels_mention(const struct labels *l, int clearance, struct span sql);
/* Is there an entry at exactly that level? */
bool labels_use(const struct labels *l, int level);
/* The highest level in use; the dataset's own without labels. */
int labels_top(const struct labels *l);

#endif

/* change_log: the rows that a change inserted, updated and deleted, in their order, as bytes: hashed for the effect
 * digest, kept for undoing.
 * Each event: u8 'I' 'U' or 'D'; u16 length, table's name; i64 rowid before, i64 rowid after (0 without rowids);
 * u16 columns; then the values before (not of an insert) and after (not of a delete): u8 kind, 8 bytes of an integer or
 * a real, u32 length and bytes of a text or blob. Little-endian. */
#ifndef EFFECT_CHANGE_LOG_H
#define EFFECT_CHANGE_LOG_H

#include "base/cell.h"
#include "base/task.h"

#include <sqlite3.h>

enum { CHANGE_LOG_BYTES = 64 << 20, CHANGE_LOG_COLUMNS = 2000 };

/* Appends a value; NULL (no value) as NULL. */
void change_log_value(struct buf *b, sqlite3_value *v);
void change_log_head(struct buf *b, char op, struct span table, int64_t before, int64_t after, size_t columns);

/* One event; the spans point into the bytes. */
struct change_event {
    char op;
    struct span table;
    int64_t before, after;
    size_t columns;
    struct cell *old, *new; /* `columns` each; NULL where there are none */
};
/* Reads the event at *at and moves *at behind it. E_CORRUPT when malformed. */
enum err change_log_read(struct task *t, struct span log, size_t *at, struct change_event *out);
/* Where each event begins. E_CORRUPT; E_LIMIT past a million of them. */
enum err change_log_index(struct task *t, struct span log, size_t **at, size_t *n);

#endif

/* show: rows for a model. */
#include "tool/show.h"

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"
#include "render/rowjson.h"

/* How hard the cells are cut: the mildest that shows a row is taken. */
static const struct fit {
    size_t cell_bytes, columns, name_bytes;
} FITS[] = {{600, 60, 128}, {120, 60, 64}, {40, 40, 40}, {16, 12, 16}};
enum { NOTES_SHOWN = 6, NOTE_BYTES = 300, TAIL_BYTES = 160 };

static void
put_cell(struct buf *b, const struct cell *c, size_t most)
{
    struct buf cut;
    if (c->kind != CELL_BLOB && (c->kind != CELL_TEXT || c->s.n <= most)) {
        rowjson_cell(b, c);
        return;
    }
    if (c->kind == CELL_BLOB) {
        buf_printf(b, "\"(blob of %lld bytes)\"", (long long)c->full_bytes);
        return;
    }
    buf_init(&cut, most + 64);
    buf_span(&cut, utf8_first(c->s, most));
    buf_printf(&cut, "... (%lld bytes in all)", (long long)c->full_bytes);
    json_put_text(b, buf_view(&cut));
    buf_reset(&cut);
}

static void
put_member(struct buf *b, const char *key, struct span value)
{
    if (value.n == 0)
        return;
    json_put_key(b, key);
    json_put_text(b, value);
}

static void
put_head(struct buf *b, const struct show *s, const struct fit *fit, size_t columns)
{
    buf_putc(b, '{');
    put_member(b, "handle", s->handle);
    put_member(b, "dataset", s->dataset);
    put_member(b, "revision", span_first(s->revision, 12));
    json_put_key(b, "columns");
    buf_putc(b, '[');
    for (size_t c = 0; c < columns; c++) {
        buf_puts(b, c ? "," : "");
        json_put_text(b, utf8_first(s->columns[c], fit->name_bytes));
    }
    buf_putc(b, ']');
    if (columns < s->n_columns)
        buf_printf(b, ",\"columns_left_out\":%zu", s->n_columns - columns);
    if (s->first > 0)
        buf_printf(b, ",\"from\":%zu", s->first);
    json_put_key(b, "rows");
    buf_putc(b, '[');
}

static void
put_tail(struct buf *b, const struct show *s, size_t shown)
{
    buf_printf(b, "],\"row_count\":%zu", s->total_rows);
    size_t after = s->total_rows - s->first - shown;
    if (after > 0)
        buf_printf(b, ",\"more_rows\":%zu", after);
    put_member(b, "truncated_by", s->truncated);
    if (s->took_us > 0)
        buf_printf(b, ",\"ms\":%lld", (long long)((s->took_us + 500) / 1000));
}

static void
put_notes(struct buf *b, const struct show *s)
{
    if (s->n_notes == 0)
        return;
    json_put_key(b, "notes");
    buf_putc(b, '[');
    for (size_t i = 0; i < s->n_notes && i < NOTES_SHOWN; i++) {
        buf_puts(b, i ? "," : "");
        json_put_text(b, utf8_first(s->notes[i], NOTE_BYTES));
    }
    buf_putc(b, ']');
}

/* As many rows as fit; false when there are rows and not one fits, or the head alone is too long. */
static bool
fits(struct buf *b, const struct show *s, const struct fit *fit, size_t most)
{
    size_t columns = s->n_columns < fit->columns ? s->n_columns : fit->columns;
    put_head(b, s, fit, columns);
    size_t shown = 0;
    for (; shown < s->n_rows; shown++) {
        size_t before = b->n;
        buf_puts(b, shown ? ",[" : "[");
        for (size_t c = 0; c < columns; c++) {
            buf_puts(b, c ? "," : "");
            put_cell(b, &s->cells[shown * s->n_columns + c], fit->cell_bytes);
        }
        buf_putc(b, ']');
        if (b->failed || b->n > most) {
            b->n = before;
            break;
        }
    }
    put_tail(b, s, shown);
    return !b->failed && b->n <= most + TAIL_BYTES && (shown > 0 || s->n_rows == 0);
}

struct span
show_rows(struct task *t, const struct show *s, size_t most_bytes)
{
    /* Notes come last but are made first: they say what the rows don't. */
    struct buf *notes = task_buf(t, NOTES_SHOWN * NOTE_BYTES * 7);
    buf_putc(notes, '{');
    put_notes(notes, s);
    size_t tail = notes->n + TAIL_BYTES + 1;
    bool with_notes = tail < most_bytes / 2;
    size_t room = most_bytes - (with_notes ? tail : TAIL_BYTES + 1);
    for (size_t i = 0; i < sizeof FITS / sizeof *FITS; i++) {
        struct buf *b = task_buf(t, (size_t)1 << 20);
        if (!fits(b, s, &FITS[i], room))
            continue;
        if (with_notes && notes->n > 1) {
            buf_putc(b, ',');
            buf_span(b, span_from(buf_view(notes), 1));
        }
        buf_putc(b, '}');
        must(b->n <= most_bytes);
        return buf_view(b);
    }
    return task_format(t,
        "{\"row_count\":%zu,\"notes\":[\"The rows are too wide to be shown. Select fewer columns.\"]}", s->total_rows);
}

/* report: building the import report. */
#include "effect/report.h"

#include "base/must.h"
#include "base/utf8.h"

enum { REPORT_MOST = 1000, REPORT_NAME_BYTES = 1024 };

json_t *
report_new(struct task *t)
{
    json_t *r = task_json(t, json_pack("{s:[],s:[],s:[],s:[]}", "tables", "dropped", "types", "notes"));
    must(r);
    return r;
}

json_t *
report_text(struct span s)
{
    struct buf b;
    buf_init(&b, (size_t)16 << 20);
    utf8_clean(&b, s);
    json_t *j = json_stringn(b.p ? b.p : "", b.n);
    buf_reset(&b);
    must(j);
    return j;
}

/* Appends to one of the lists; past the cap only counts. */
static void
add(json_t *report, const char *list, json_t *row)
{
    json_t *a = json_object_get(report, list);
    must(a && row);
    if (json_array_size(a) < REPORT_MOST) {
        must(json_array_append_new(a, row) == 0);
        return;
    }
    json_decref(row);
    json_int_t more = json_integer_value(json_object_get(report, "left_out"));
    must(json_object_set_new(report, "left_out", json_integer(more + 1)) == 0);
}

void
report_table(json_t *report, struct span name, int64_t rows, size_t columns)
{
    /* Tables are bounded by the import's own limit, and counts are made from this list: never cut. */
    json_t *row =
        json_pack("{s:o,s:I,s:I}", "name", report_text(name), "rows", (json_int_t)rows, "columns", (json_int_t)columns);
    must(row && json_array_append_new(json_object_get(report, "tables"), row) == 0);
}

void
report_dropped(json_t *report, const char *kind, struct span name, const char *why)
{
    add(report, "dropped",
        json_pack("{s:s,s:o,s:o}", "kind", kind, "name", report_text(utf8_first(name, REPORT_NAME_BYTES)), "why",
            report_text(span_of(why))));
}

void
report_type(json_t *report, struct span table, struct span column, const char *type, const char *why)
{
    add(report, "types",
        json_pack("{s:o,s:o,s:s,s:o}", "table", report_text(table), "column", report_text(column), "type", type, "why",
            report_text(span_of(why))));
}

void
report_note(json_t *report, const char *sentence)
{
    add(report, "notes", report_text(span_of(sentence)));
}

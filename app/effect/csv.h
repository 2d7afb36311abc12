/* csv: records of a CSV or TSV file (RFC 4180), streamed, within bounds. */
#ifndef EFFECT_CSV_H
#define EFFECT_CSV_H

#include "effect/source.h"

enum { CSV_RECORD_BYTES = 16 << 20, CSV_FIELDS = 2100 };

struct csv {
    struct source *in;
    char separator;
    int64_t line;      /* of the next byte, from 1 */
    struct buf *bytes; /* the record's fields one after another, unquoted */
    size_t *ends;      /* CSV_FIELDS of them */
    size_t n;
    int state;
    int64_t quote_line; /* where the last quote was opened */
    bool after_cr, begun;
};
struct csv_record {
    int64_t line;        /* where it begins */
    struct span *fields; /* until the next record is read */
    size_t n;            /* 0: the end of the file */
};

/* separator 0: comma, unless the first line has none and has semicolons. The csv's memory is the task's. */
void csv_begin(struct task *t, struct csv *c, struct source *in, char separator);
/* The next record that is not an empty line. A byte order mark, CRLF, LF and CR ends, quotes doubled and line ends in
 * quotes are understood; a quote inside a plain field stands for itself. E_INVALID with the line: a quote that never
 * ends, text behind a closing quote, a NUL byte, bytes that are not UTF-8. E_LIMIT: a record of more than 16 MB or
 * 2,100 fields. */
enum err csv_next(struct task *t, struct csv *c, struct csv_record *out);

#endif

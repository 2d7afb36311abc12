/* jsonrows: the objects of a .json or .jsonl file, one at a time, whatever the file's size. */
#ifndef EFFECT_JSONROWS_H
#define EFFECT_JSONROWS_H

#include "effect/source.h"

#include <jansson.h>

enum { JSONROWS_OBJECT_BYTES = 16 << 20, JSONROWS_NAME_BYTES = 512 };

struct jsonrows {
    struct source *in;
    bool lines; /* .jsonl: an object per line */
    int state;
    bool begun, many;  /* many: an object of arrays, so `name` is set */
    int64_t line;      /* of the next byte */
    struct buf *bytes; /* the element being collected */
    struct buf *name;  /* member whose array is being read; empty in a plain array */
};
struct jsonrows_row {
    int64_t line;      /* where the object begins */
    struct span table; /* the member's name, or empty; until the next call */
    struct span text;  /* the object's bytes, not parsed; empty: the end of the file, or only a table's name (begins) */
    bool begins;       /* an array of that name begins: it may be empty */
};

void jsonrows_begin(struct task *t, struct jsonrows *j, struct source *in, bool lines);
/* The next object. E_INVALID with the line: not an array of objects, an object of such, or lines of objects; E_LIMIT:
 * an object of more than 16 MB. */
enum err jsonrows_next(struct task *t, struct jsonrows *j, struct jsonrows_row *out);

#endif

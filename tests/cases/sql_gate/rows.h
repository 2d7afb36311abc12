/* rows: the escapes and bombs that the SQL gate is tried with. */
#ifndef SQL_GATE_ROWS_H
#define SQL_GATE_ROWS_H

#include <stddef.h>

struct gate_row {
    const char *name;
    const char *
        sql; /* OUT stands for the path of a file that must never be made, OTHER for a database that must not be read */
    enum {
        ROW_ESCAPE, /* refused with all layers; whatever is switched off, nothing is written or read outside */
        ROW_BOMB,   /* stopped or refused with all layers; ends in time whatever is switched off */
        ROW_HEAVY,  /* may finish; ends in time */
        ROW_FINE,   /* honest: must give rows */
    } kind;
};
extern const struct gate_row gate_rows[];
extern const size_t gate_rows_n;

#endif

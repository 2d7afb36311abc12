/* result: the kinds of typed pieces that a run emits (deploy/box/lib has the same numbers). */
#ifndef BOX_RESULT_H
#define BOX_RESULT_H

enum result_kind {
    RESULT_VALUE = 1, /* repr of the last expression */
    RESULT_ERROR = 2, /* "Name\nline\ntraceback" */
    RESULT_TABLE = 3, /* JSON: title, columns, rows, total */
    RESULT_CHART = 4, /* JSON: a figure's spec */
};

#endif

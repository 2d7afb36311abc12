/* query_client: reading followers through the query process. One API for pages, View SQL, the agent, plugins, CLI.
 * The grant's level is the ceiling: the follower that is read has nothing above it. Its detail (labels.h) gives rows
 * their label. Dataset "scratch" is the scratch database of the grant's conversation. E_UNAVAILABLE "Ask again" for a
 * grant that is older than the service: ask gate for another. */
#ifndef QUERY_QUERY_CLIENT_H
#define QUERY_QUERY_CLIENT_H

#include "base/cell.h"
#include "base/task.h"

struct query_column {
    struct span name;
    struct span type;                    /* declared type, "" if none */
    struct span from_table, from_column; /* origin if the column is a plain one, else empty */
};
struct query_read { /* what the authorizer saw; column empty: the whole table */
    struct span table, column;
};
struct query_rows {
    struct query_column *columns;
    size_t n_columns;
    struct cell *cells; /* row by row */
    size_t n_rows;
    bool truncated;           /* a cap was hit; truncated_by says which */
    struct span truncated_by; /* "rows" "bytes" "cell" */
    int64_t total;            /* rows in all when known (table pages), -1 when not; total_more: at least so many */
    bool total_more;
    struct span next;     /* token of the next page, empty at the end (table pages) */
    int64_t took_us;      /* in SQLite, without queues */
    struct span revision; /* SHA-256 hex of the follower that was read */
    struct query_read *reads;
    size_t n_reads;
    struct span *notes; /* sentences for people and models: rewrites, caps */
    size_t n_notes;
    struct span *note_codes; /* as many: notes.h, and "quoted_word", "more_rows", "cut_cells" */
    int level, integrity;    /* label: the join over what was read (0..3, 0..4) */
};
/* Why a statement failed; all texts may be shown. code: syntax, no_such_table, no_such_column, no_such_function,
 * ambiguous_column, misuse_of_aggregate, missing_group_by, wrong_arguments, wrong_columns, not_allowed,
 * not_one_statement, too_complex, timeout, memory, too_big, parameter, other. */
struct query_problem {
    struct span code, message;
    int64_t offset;           /* byte in the statement, -1 unknown */
    struct span token;        /* the offending word */
    struct span *suggestions; /* identifiers, best first */
    size_t n_suggestions;
    struct span *columns; /* of the table that is spoken of, the first few */
    size_t n_columns;
    struct span hint; /* what to change, in a few sentences */
};

/* Statements that somebody else wrote: a one-shot child. E_INVALID with *problem filled when SQLite or the gate of 04
 * refuses; E_DEADLINE (problem code timeout) when it was stopped; E_UNAVAILABLE when all children are busy. */
struct query_sql {
    struct span grant; /* capability "sql"; args hash over ("sql", dataset, sql, each parameter's name and text) */
    struct span dataset, sql;
    const struct span *param_names; /* ":year" as in the statement, or "1","2".. for ? */
    const struct cell *params;
    size_t n_params;
    int64_t rows, bytes; /* lower caps than the deployment's, 0: its own; rows of a chart: up to limits.chart_rows */
    int64_t deadline_ms; /* 0: limits.query_ms */
    bool explain;        /* EXPLAIN QUERY PLAN: columns id, parent, detail */
};
enum err query_sql(struct task *t, const struct query_sql *q, struct query_rows *out, struct query_problem *problem);
/* The hash of a query_sql's arguments, for gate. */
struct span query_sql_hash(struct task *t, const struct query_sql *q);

/* Our own statements: the pool. Capability "read"; a person's reusable grant, or the agent's with the hash of
 * (operation, dataset, arguments...) by query_own_hash. */
struct query_table {
    struct span grant, dataset, table;
    struct span sort; /* column or empty: rowid or key order */
    bool descending;
    struct span after; /* `next` of the page before, or empty */
    int64_t size;      /* rows, at most 1,000 */
    bool count;        /* also the total, within a time limit */
};
enum err query_table(struct task *t, const struct query_table *q, struct query_rows *out);
/* Whole schema from the sidecar: CONTRACTS, "Schema JSON" (tables, columns, keys, counts, samples, descriptions). What
 * schema and find tell carries the label of all that the grant reaches: its level, and the dataset's worst integrity.
 */
enum err query_schema(struct task *t, struct span grant, struct span dataset, json_t **out);
/* The same for named tables alone, and the best tables for words (BM25 over names and sampled values, plus FK
 * neighbours): JSON array of table names, best first, with "score" and "why". */
enum err query_find(
    struct task *t, struct span grant, struct span dataset, struct span words, int64_t most, json_t **out);
struct span query_own_hash(struct task *t, const char *operation, struct span dataset, struct span argument);

#endif

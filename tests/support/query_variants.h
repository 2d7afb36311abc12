/* query_variants: a published dataset that is not the same for everybody, for tests of ceilings and labels. */
#ifndef SUPPORT_QUERY_VARIANTS_H
#define SUPPORT_QUERY_VARIANTS_H

#include "query_world.h"

/* Made by hand as effect makes them: what lies above a clearance is not in its file. Level 2 is as level 1. */
static const char everybody_sql[] = "CREATE TABLE staff(id INTEGER PRIMARY KEY, name TEXT);"
                                    "INSERT INTO staff VALUES (1, 'Ann'), (2, 'Bo');";
static const char org_sql[] = "CREATE TABLE staff(id INTEGER PRIMARY KEY, name TEXT, room TEXT);"
                              "INSERT INTO staff VALUES (1, 'Ann', 'r1'), (2, 'Bo', 'r2');"
                              "CREATE VIEW rooms AS SELECT room FROM staff;";
static const char secret_sql[] = "CREATE TABLE staff(id INTEGER PRIMARY KEY, name TEXT, room TEXT, pay INTEGER);"
                                 "INSERT INTO staff VALUES (1, 'Ann', 'r1', 7000), (2, 'Bo', 'r2', 9000);"
                                 "CREATE VIEW rooms AS SELECT room FROM staff;"
                                 "CREATE TABLE audit(what TEXT); INSERT INTO audit VALUES ('fired');"
                                 "CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES ('plain text');"
                                 "CREATE TABLE words_of_wisdom(text); INSERT INTO words_of_wisdom VALUES ('x');";

static const char side_sql[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT); CREATE TABLE tbl(id INTEGER PRIMARY KEY, name, kind, rows "
    "INTEGER, description, sql);"
    "CREATE TABLE col(tbl INTEGER, pos INTEGER, name, type, pk INTEGER, not_null INTEGER, description, unit, "
    "distinct_n, null_n, min, max, samples, PRIMARY KEY(tbl, pos));"
    "CREATE TABLE fk(tbl INTEGER, id INTEGER, pos INTEGER, col TEXT, to_tbl TEXT, to_col TEXT);"
    "CREATE VIRTUAL TABLE find USING fts5(name, words, description, samples, tokenize='porter unicode61 "
    "remove_diacritics 2');"
    "INSERT INTO tbl VALUES (1, 'staff', 'table', 2, '', '');";
static const char side_pay[] = "INSERT INTO col VALUES (1, 0, 'pay', 'INTEGER', 0, 0, '', '', 2, 0, '', '', '[7000]');"
                               "INSERT INTO find(rowid, name, words, description, samples) VALUES (1, 'staff', 'pay', "
                               "'', '7000');";

/* The grant ------------------------------------------------------------------------------------------------------- */

static struct span
sealed(struct task *t, struct grant g)
{
    g.audience = SPAN("query");
    g.subject = SPAN("operator");
    g.expires_ms = clock_unix_ms() + 30000;
    g.reusable = g.args_hash.n == 0;
    return grant_seal(t, world.secret, &g);
}

static enum err
ask(struct task *t, struct grant g, const char *sql, struct query_rows *r)
{
    struct query_problem p;
    struct query_sql q = {.dataset = g.dataset, .sql = span_of(sql)};
    g.capability = SPAN("sql");
    g.args_hash = query_sql_hash(t, &q);
    q.grant = sealed(t, g);
    task_clear_error(t);
    *r = (struct query_rows){0};
    return query_sql(t, &q, r, &p);
}

static inline struct grant
at_level(int64_t level)
{
    return (struct grant){.dataset = SPAN("staff"), .level = level};
}

static inline void
publish_staff(void)
{
    struct task t;
    task_begin(&t, 0);
    world_publish_variant("staff", 0, everybody_sql, side_sql);
    world_publish_variant("staff", 1, org_sql, side_sql);
    world_publish_variant("staff", 3, secret_sql, task_printf(&t, "%s%s", side_sql, side_pay));
    task_end(&t);
}

#endif

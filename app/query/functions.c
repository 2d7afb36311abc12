/* functions: the list, and two functions of our own. */
#include "query/functions.h"

#include "base/span.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Sorted. Left out: what allocates at will (randomblob, zeroblob), what tells of the machine or writes its log
 * (sqlite_*), what takes pointers (fts5, fts5_*, fts3_tokenizer, subtype), what speaks of writes (changes,
 * last_insert_rowid). */
static const char *const allowed[] = {"->", "->>", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh",
    "avg", "bm25", "ceil", "ceiling", "char", "coalesce", "concat", "concat_ws", "cos", "cosh", "count", "cume_dist",
    "current_date", "current_time", "current_timestamp", "date", "datetime", "degrees", "dense_rank", "exp",
    "first_value", "floor", "format", "glob", "group_concat", "hex", "highlight", "if", "ifnull", "iif", "instr",
    "json", "json_array", "json_array_insert", "json_array_length", "json_error_position", "json_extract",
    "json_group_array", "json_group_object", "json_insert", "json_object", "json_patch", "json_pretty", "json_quote",
    "json_remove", "json_replace", "json_set", "json_type", "json_valid", "jsonb", "jsonb_array", "jsonb_array_insert",
    "jsonb_extract", "jsonb_group_array", "jsonb_group_object", "jsonb_insert", "jsonb_object", "jsonb_patch",
    "jsonb_remove", "jsonb_replace", "jsonb_set", "julianday", "lag", "last_value", "lead", "length", "like",
    "likelihood", "likely", "ln", "log", "log10", "log2", "lower", "ltrim", "match", "max", "median", "min", "mod",
    "nth_value", "ntile", "nullif", "octet_length", "percent_rank", "percentile", "percentile_cont", "percentile_disc",
    "pi", "pow", "power", "printf", "quote", "radians", "random", "rank", "replace", "round", "row_number", "rtrim",
    "sign", "sin", "sinh", "snippet", "sqlite_version", "sqrt", "strftime", "string_agg", "substr", "substring", "sum",
    "tan", "tanh", "time", "timediff", "total", "trim", "trunc", "typeof", "unhex", "unicode", "unistr", "unistr_quote",
    "unixepoch", "unlikely", "upper"};

static int
compare(const void *a, const void *b)
{
    return strcasecmp(a, *(const char *const *)b);
}

bool
functions_allow(const char *name)
{
    return bsearch(name, allowed, sizeof allowed / sizeof allowed[0], sizeof allowed[0], compare) != NULL;
}

static struct span
value(sqlite3_value *v, bool text)
{
    const void *p = text ? (const void *)sqlite3_value_text(v) : sqlite3_value_blob(v);
    int n = sqlite3_value_bytes(v);
    return (struct span){p ? p : "", n > 0 ? (size_t)n : 0};
}

static int64_t
characters(const char *p, size_t n)
{
    int64_t c = 0;
    for (size_t i = 0; i < n; i++)
        c += ((unsigned char)p[i] & 0xc0) != 0x80;
    return c;
}

/* memmem of glibc is linear in both lengths. */
static void
linear_instr(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    (void)argc;
    int a = sqlite3_value_type(argv[0]), b = sqlite3_value_type(argv[1]);
    if (a == SQLITE_NULL || b == SQLITE_NULL)
        return;
    bool text = !(a == SQLITE_BLOB && b == SQLITE_BLOB);
    struct span hay = value(argv[0], text), needle = value(argv[1], text);
    const char *at = memmem(hay.p, hay.n, needle.p, needle.n);
    if (!at)
        sqlite3_result_int(ctx, 0);
    else
        sqlite3_result_int64(ctx, 1 + (text ? characters(hay.p, (size_t)(at - hay.p)) : at - hay.p));
}

static void
append(sqlite3_str *out, const char *p, size_t n)
{
    sqlite3_str_append(out, p, (int)n);
}

/* The result's length is checked as it grows: SQLite's string builder stops at the connection's limit. */
static void
linear_replace(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    (void)argc;
    for (int i = 0; i < 3; i++)
        if (sqlite3_value_type(argv[i]) == SQLITE_NULL)
            return;
    struct span text = value(argv[0], true), from = value(argv[1], true), to = value(argv[2], true);
    if (from.n == 0) {
        sqlite3_result_text(ctx, text.p, (int)text.n, SQLITE_TRANSIENT);
        return;
    }
    sqlite3_str *out = sqlite3_str_new(sqlite3_context_db_handle(ctx));
    const char *end = text.p + text.n, *at = text.p, *hit;
    while ((hit = memmem(at, (size_t)(end - at), from.p, from.n)) && sqlite3_str_errcode(out) == SQLITE_OK) {
        append(out, at, (size_t)(hit - at));
        append(out, to.p, to.n);
        at = hit + from.n;
    }
    append(out, at, (size_t)(end - at));
    int rc = sqlite3_str_errcode(out), n = sqlite3_str_length(out);
    char *z = sqlite3_str_finish(out);
    if (rc == SQLITE_TOOBIG)
        sqlite3_result_error_toobig(ctx);
    else if (rc != SQLITE_OK)
        sqlite3_result_error_nomem(ctx);
    else
        sqlite3_result_text(ctx, z ? z : "", n, z ? sqlite3_free : SQLITE_STATIC);
    if (rc != SQLITE_OK)
        sqlite3_free(z);
}

bool
functions_install(sqlite3 *db)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    return sqlite3_create_function_v2(db, "instr", 2, flags, NULL, linear_instr, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_create_function_v2(db, "replace", 3, flags, NULL, linear_replace, NULL, NULL, NULL) == SQLITE_OK;
}

/* cli_publish: `lyceum publish`: a file becomes a dataset's next revision. */
#include "cli/cli_publish.h"

#include "base/fsio.h"
#include "base/json.h"
#include "base/must.h"
#include "cli/cli_dataset.h"
#include "cli/cli_meta.h"
#include "effect/effect_client.h"
#include "gate/gate_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *ending, *format;
} endings[] = {
    {".db", "db"},
    {".sqlite", "db"},
    {".sqlite3", "db"},
    {".db3", "db"},
    {".s3db", "db"},
    {".csv", "csv"},
    {".tsv", "tsv"},
    {".tab", "tsv"},
    {".json", "json"},
    {".jsonl", "jsonl"},
    {".ndjson", "jsonl"},
};

struct wish {
    const char *file, *name, *format, *table, *visibility;
    struct cli_meta_words words;
    bool is_public, is_members, is_private, as_json;
    json_t *meta;
    int fd;
};

static enum err
parse(struct task *t, int argc, char **argv, struct wish *w)
{
    const struct cli_option options[] = {
        {"--name", &w->name, NULL},
        {"--title", &w->words.title, NULL},
        {"--description", &w->words.description, NULL},
        {"--license", &w->words.license, NULL},
        {"--source", &w->words.source, NULL},
        {"--table", &w->table, NULL},
        {"--meta", &w->words.file, NULL},
        {"--pk", &w->words.pk, NULL},
        {"--fk", &w->words.fk, NULL},
        {"--format", &w->format, NULL},
        {"--public", NULL, &w->is_public},
        {"--members", NULL, &w->is_members},
        {"--private", NULL, &w->is_private},
        {"--json", NULL, &w->as_json},
    };
    size_t n;
    if (cli_options(t, argc, argv, options, sizeof options / sizeof options[0], &w->file, 1, &n) != E_OK)
        return t->err;
    if (n == 0 || !w->name)
        return task_fail(t, E_INVALID,
            "usage: lyceum publish FILE --name N [--public|--members|--private] [--title T] "
            "[--description D] [--license L] [--source S] [--table T] [--meta FILE.json] [--pk T.c,...] [--fk "
            "T.c=T2.c2] "
            "[--json]");
    if (w->is_public + w->is_members + w->is_private > 1)
        return task_fail(t, E_INVALID, "Only one of --public, --members and --private can be true.");
    w->visibility = w->is_public ? "public" : w->is_members ? "members" : w->is_private ? "private" : NULL;
    for (size_t i = 0; !w->format && i < sizeof endings / sizeof endings[0]; i++)
        if (span_ends(span_of(w->file), endings[i].ending))
            w->format = endings[i].format;
    if (!w->format)
        return task_fail(t, E_INVALID,
            "%s: its name should end in .db, .sqlite, .csv, .tsv, .json or .jsonl; else say "
            "--format db, csv, tsv, json or jsonl.",
            w->file);
    return E_OK;
}

/* A -wal file with content holds changes that the database file alone does not have: to publish without them would be a
 * lie. */
static enum err
check_wal(struct task *t, const char *file)
{
    struct stat st;
    if (stat(task_printf(t, "%s-wal", file), &st) != 0 || st.st_size == 0)
        return E_OK;
    return task_fail(t, E_INVALID,
        "%s-wal holds changes that are not in %s yet. Run sqlite3 %s \"PRAGMA "
        "wal_checkpoint(TRUNCATE)\" (or VACUUM INTO a copy while it is in use) and publish again.",
        file, file, file);
}

static enum err
open_file(struct task *t, struct wish *w)
{
    if (strcmp(w->format, "db") == 0 && check_wal(t, w->file) != E_OK)
        return t->err;
    w->fd = open(w->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (w->fd < 0)
        return task_fail(
            t, errno == ENOENT ? E_NOTFOUND : E_INVALID, "%s can't be opened: %s.", w->file, strerror(errno));
    return E_OK;
}

static void
show_progress(void *arg, struct span sentence)
{
    const bool *to_terminal = arg;
    fprintf(stderr, *to_terminal ? "\r\033[K%.*s" : "%.*s\n", SPAN_ARG(sentence));
}

static enum err
send(struct task *t, struct wish *w, struct span *receipt, json_t **report)
{
    bool to_terminal = isatty(STDERR_FILENO);
    const struct span bound[] = {SPAN("publish"), span_of(w->name), span_of(w->format)};
    struct effect_publish p = {.dataset = span_of(w->name),
        .format = span_of(w->format),
        .table = span_of(w->table),
        .meta = w->meta,
        .fd = w->fd,
        .progress = show_progress,
        .arg = &to_terminal};
    if (cli_dataset_grant(t, "publish", w->name, bound, 3, &p.grant) != E_OK)
        return t->err;
    enum err e = effect_publish(t, &p, receipt, report);
    if (to_terminal)
        fprintf(stderr, "\r\033[K");
    return e;
}

/* The same content again is no new revision: then only the description goes to gate. A revision that effect has but
 * gate never heard of (a crash in between) is recorded all the same. */
static enum err
record(struct task *t, struct wish *w, struct span receipt, const json_t *report, json_t **out)
{
    const struct gate_who me = {0};
    json_t *known = NULL, *set;
    if (cli_dataset_find(t, w->name, &known) != E_OK)
        return t->err;
    struct span current = json_text(json_object_get(known, "current"), "sha");
    if (!json_flag(report, "unchanged", false) || !span_eq(current, json_text(report, "sha")))
        return cli_dataset_record(t, receipt, w->meta, w->visibility, out);
    set = task_json(t, w->meta ? json_copy(w->meta) : json_object());
    must(set && json_object_set_new(set, "name", json_string(w->name)) == 0);
    json_object_del(set, "tables");
    json_object_del(set, "visibility");
    if (w->visibility)
        must(json_object_set_new(set, "visibility", json_string(w->visibility)) == 0);
    *out = known;
    json_t *ignored;
    return gate_admin(t, &me, "dataset.set", set, &ignored);
}

static void
print_rows(const json_t *list, const char *title, const char *const keys[3])
{
    size_t i;
    const json_t *row;
    if (json_array_size(list) > 0)
        printf("%s\n", title);
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        struct span a = json_text(row, keys[0]), b = json_text(row, keys[1]), c = json_text(row, keys[2]);
        printf("  %.*s %.*s: %.*s\n", SPAN_ARG(a), SPAN_ARG(b), SPAN_ARG(c));
    }
}

static void
print_report(const struct wish *w, const json_t *report, int64_t n)
{
    size_t i;
    const json_t *row;
    if (json_flag(report, "unchanged", false))
        printf("%s is unchanged: this content is its current revision already.\n", w->name);
    else
        printf("%s: revision %lld is published.\n", w->name, (long long)n);
    json_array_foreach(json_object_get(report, "tables"), i, row)
    {
        printf("  %.*s: %lld rows, %lld columns\n", SPAN_ARG(json_text(row, "name")),
            (long long)json_int(row, "rows", 0), (long long)json_int(row, "columns", 0));
    }
    print_rows(
        json_object_get(report, "types"), "Types that were guessed:", (const char *const[]){"column", "type", "why"});
    print_rows(json_object_get(report, "dropped"), "Not published:", (const char *const[]){"kind", "name", "why"});
    json_array_foreach(json_object_get(report, "notes"), i, row)
    {
        printf("Note: %s\n", json_string_value(row));
    }
    printf("%.*s (%lld bytes, %lld ms)\n", SPAN_ARG(json_text(report, "sha")), (long long)json_int(report, "bytes", 0),
        (long long)json_int(report, "took_ms", 0));
}

static enum err
run(struct task *t, struct wish *w, json_t **result)
{
    struct span receipt;
    json_t *report, *recorded;
    if (open_file(t, w) != E_OK || cli_meta_read(t, &w->words, span_of(w->name), span_of(w->table), &w->meta) != E_OK)
        return t->err;
    if (!w->visibility)
        w->visibility = json_string_value(json_object_get(w->meta, "visibility"));
    if (send(t, w, &receipt, &report) != E_OK || record(t, w, receipt, report, &recorded) != E_OK)
        return t->err;
    int64_t n = json_int(recorded, "n", json_int(json_object_get(recorded, "current"), "n", 0));
    *result = task_json(t, json_pack("{s:s,s:I,s:O}", "name", w->name, "n", (json_int_t)n, "report", report));
    must(*result);
    if (!w->as_json)
        print_report(w, report, n);
    return E_OK;
}

int
cli_publish(struct task *t, int argc, char **argv)
{
    struct wish w = {.fd = -1};
    json_t *result = NULL;
    if (parse(t, argc, argv, &w) != E_OK) {
        cli_dataset_end(t, t->err, w.as_json, NULL);
        return 2;
    }
    enum err e = run(t, &w, &result);
    if (w.fd >= 0)
        close(w.fd);
    return cli_dataset_end(t, e, w.as_json, result);
}

/* cli_label: labels read and set; the files of all audiences are made anew where that needs it. */
#include "cli/cli_label.h"

#include "base/id.h"
#include "base/json.h"
#include "base/must.h"
#include "cli/cli_dataset.h"
#include "effect/effect_client.h"
#include "gate/gate_client.h"
#include "policy/grant.h"
#include "policy/words.h"
#include "query/query_client.h"

#include <stdio.h>
#include <string.h>

static const char label_usage[] = "label show DATASET [--json] | label set DATASET [TABLE[.COLUMN]] [--level "
                                  "public|org|private|secret|none] [--integrity 0..4] [--json]";
static const char writable_usage[] = "writable DATASET on|off [--json]";
enum { NONE = -1 };

struct order {
    const char *words[3], *level, *integrity;
    size_t n;
    bool as_json;
};

static enum err
own(struct task *t, const char *operation, json_t *in, json_t **out)
{
    const struct gate_who me = {0};
    gate_client_as_operator();
    return gate_own(t, &me, operation, in, out);
}

static json_t *
named(struct task *t, const char *dataset)
{
    json_t *in = task_json(t, json_pack("{s:s}", "dataset", dataset));
    if (!in)
        task_fail(t, E_INVALID, "The dataset's name is not UTF-8.");
    return in;
}

/* Sets, has effect make the files anew, and hands its receipt to gate. */
static enum err
set(struct task *t, const char *dataset, json_t *in)
{
    json_t *out = NULL, *record, *done = NULL;
    struct span receipt;
    struct buf *grant = task_buf(t, GRANT_SEAL_BYTES), *text = task_buf(t, GRANT_SEAL_BYTES * 2);
    if (own(t, "label.set", in, &out) != E_OK || json_text(out, "grant").n == 0)
        return t->err;
    if (!base64_get(json_text(out, "grant"), grant))
        return task_fail(t, E_INTERNAL, "The permission that came back is malformed.");
    struct span labels = json_dump(t, json_object_get(out, "labels"));
    if (effect_relabel(t, buf_view(grant), span_of(dataset), labels, &receipt) != E_OK)
        return t->err;
    base64_put(text, receipt);
    record = task_json(t, json_pack("{s:s}", "receipt", buf_z(text)));
    must(record);
    return own(t, "receipt.record", record, &done);
}

/* "none" is NONE. */
static enum err
read_level(struct task *t, const char *word, int64_t *out)
{
    enum policy_level level;
    *out = NONE;
    if (strcmp(word, "none") == 0)
        return E_OK;
    if (!policy_level_read(span_of(word), &level))
        return task_fail(t, E_INVALID, "A level is public, org, private, secret or none.");
    *out = (int64_t)level;
    return E_OK;
}

static enum err
read_integrity(struct task *t, const char *word, int64_t *out)
{
    int integrity = 0;
    if (!policy_integrity_read(span_of(word), &integrity))
        return task_fail(t, E_INVALID, "An integrity is 0 (ours), 1 (a person's), 2 (curated), 3 (a model's) or 4.");
    *out = integrity;
    return E_OK;
}

static bool
is_place(const json_t *row, struct span table, struct span column)
{
    const json_t *a = json_array_get(row, 0), *b = json_array_get(row, 1);
    struct span has = {json_string_value(a), json_string_length(a)};
    struct span col = {json_string_value(b), json_string_length(b)};
    return span_is_nocase(has, table.p) && has.n == table.n &&
           (column.n == 0 ? col.n == 0 : col.n == column.n && span_is_nocase(col, column.p));
}

static const json_t *
find_name(const json_t *list, struct span name)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i,
        one) if (json_text(one, "name").n == name.n && span_is_nocase(json_text(one, "name"), name.p)) return one;
    return NULL;
}

/* A label of something that is not there protects nothing, and whoever mistyped it believes that it does. (Names end in
 * a NUL.) A dataset that nobody can read at the moment is taken at its owner's word. */
static enum err
check_there(struct task *t, const char *dataset, struct span table, struct span column)
{
    const struct gate_ask ask = {.verb = "read",
        .kind = "dataset",
        .id = span_of(dataset),
        .audience = "query",
        .capability = "read",
        .dataset = span_of(dataset)};
    struct gate_answer answer = {0};
    json_t *schema = NULL;
    gate_client_as_operator();
    if (gate_authorize(t, &ask, &answer) != E_OK || query_schema(t, answer.grant, span_of(dataset), &schema) != E_OK) {
        task_clear_error(t);
        return E_OK;
    }
    const json_t *found = find_name(json_object_get(schema, "tables"), table);
    if (found && (column.n == 0 || find_name(json_object_get(found, "columns"), column)))
        return E_OK;
    return task_fail(t, E_NOTFOUND, "The dataset %s has no %s %.*s%s%.*s.", dataset, found ? "column" : "table",
        SPAN_ARG(table), found ? "." : "", found ? (int)column.n : 0, found ? column.p : "");
}

/* The whole list with this place as it shall be. */
static enum err
place(struct task *t, const struct order *o, json_t *in)
{
    struct span rest = span_of(o->words[2]), table, column = SPAN_NONE;
    json_t *was = NULL, *list = json_array(), *row;
    int64_t level = 0, integrity = 0;
    size_t i;
    json_object_set_new(in, "labels", list);
    if (span_cut(&rest, '.', &table) && rest.n > 0)
        column = rest;
    table = span_of(task_z(t, table));
    column = column.n > 0 ? span_of(task_z(t, column)) : column;
    if (own(t, "label.get", named(t, o->words[1]), &was) != E_OK)
        return t->err;
    json_array_foreach(json_object_get(was, "labels"), i, row)
    {
        if (!is_place(row, table, column)) {
            json_array_append(list, row);
            continue;
        }
        level = json_integer_value(json_array_get(row, 2));
        integrity = json_integer_value(json_array_get(row, 3));
    }
    if ((o->level && read_level(t, o->level, &level) != E_OK) ||
        (o->integrity && read_integrity(t, o->integrity, &integrity) != E_OK) ||
        (level != NONE && check_there(t, o->words[1], table, column) != E_OK))
        return t->err;
    if (level != NONE)
        json_array_append_new(list, json_pack("[s%,s%,I,I]", table.p, table.n, column.n > 0 ? column.p : "", column.n,
                                        (json_int_t)level, (json_int_t)integrity));
    return E_OK;
}

static enum err
whole(struct task *t, const struct order *o, json_t *in)
{
    int64_t value = 0;
    if (o->level && read_level(t, o->level, &value) == E_OK)
        json_object_set_new(in, "level", json_integer(value));
    if (o->integrity && read_integrity(t, o->integrity, &value) == E_OK)
        json_object_set_new(in, "integrity", json_integer(value));
    return t->err;
}

static void
print(const char *dataset, const json_t *l)
{
    size_t i;
    json_t *row;
    int64_t level = json_int(l, "level", 0);
    printf("%s: %s (visibility %.*s), integrity %lld, %s%s%s\n", dataset, policy_level_word((enum policy_level)level),
        SPAN_ARG(json_text(l, "visibility")), (long long)json_int(l, "integrity", 0),
        json_flag(l, "writable", false) ? "may be changed here" : "read only",
        json_flag(l, "held", false) ? ", a change waits to be published" : "",
        json_flag(l, "stale", false) ? ", its files must be made anew: set a label again" : "");
    json_array_foreach(json_object_get(l, "labels"), i, row)
    {
        const char *column = json_string_value(json_array_get(row, 1));
        printf("  %s%s%s: %s, integrity %lld\n", json_string_value(json_array_get(row, 0)), *column ? "." : "", column,
            policy_level_word((enum policy_level)json_integer_value(json_array_get(row, 2))),
            (long long)json_integer_value(json_array_get(row, 3)));
    }
}

static int
end(struct task *t, enum err e, const struct order *o, const char *dataset)
{
    json_t *out = NULL;
    if (e == E_OK)
        e = own(t, "label.get", named(t, dataset), &out);
    if (e == E_OK && !o->as_json)
        print(dataset, out);
    return cli_dataset_end(t, e, o->as_json, out);
}

static int
wrong(struct task *t, const struct order *o, const char *usage)
{
    enum err e = t->err != E_OK ? t->err : task_fail(t, E_INVALID, "usage: lyceum %s", usage);
    cli_dataset_end(t, e, o->as_json, NULL);
    return 2;
}

int
cli_label(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    const struct cli_option options[] = {
        {"--level", &o.level, NULL}, {"--integrity", &o.integrity, NULL}, {"--json", NULL, &o.as_json}};
    if (cli_options(t, argc, argv, options, sizeof options / sizeof options[0], o.words, 3, &o.n) != E_OK || o.n < 2)
        return wrong(t, &o, label_usage);
    if (strcmp(o.words[0], "show") == 0 && o.n == 2 && !o.level && !o.integrity)
        return end(t, E_OK, &o, o.words[1]);
    if (strcmp(o.words[0], "set") != 0 || (!o.level && !o.integrity))
        return wrong(t, &o, label_usage);
    json_t *in = named(t, o.words[1]);
    enum err e = t->err;
    if (e == E_OK)
        e = o.n == 3 ? place(t, &o, in) : whole(t, &o, in);
    if (e == E_OK)
        e = set(t, o.words[1], in);
    return end(t, e, &o, o.words[1]);
}

int
cli_writable(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    const struct cli_option options[] = {{"--json", NULL, &o.as_json}};
    if (cli_options(t, argc, argv, options, 1, o.words, 2, &o.n) != E_OK || o.n != 2 ||
        (strcmp(o.words[1], "on") != 0 && strcmp(o.words[1], "off") != 0))
        return wrong(t, &o, writable_usage);
    json_t *in = named(t, o.words[0]);
    if (t->err == E_OK)
        json_object_set_new(in, "writable", json_boolean(strcmp(o.words[1], "on") == 0));
    return end(t, t->err == E_OK ? set(t, o.words[0], in) : t->err, &o, o.words[0]);
}

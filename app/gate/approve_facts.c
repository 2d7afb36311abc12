/* approve_facts: an approval's arguments, labels and counts as lines of a page, spelled out so that nothing hides. */
#include "gate/approve.h"

#include "base/json.h"
#include "render/visible.h"

#include <string.h>

enum { VALUE_BYTES = 20000, ARGS_DEPTH = 3 };

int64_t
approve_number(struct task *t, struct span json, const char *key)
{
    json_t *j = NULL;
    if (json_read(t, json, &j) != E_OK) {
        task_clear_error(t);
        return 0;
    }
    return json_int(j, key, 0);
}

const char *
approve_count(const struct auth_approval *a, int64_t *out)
{
    const char *label = NULL;
    struct task t;
    task_begin(&t, 0);
    int64_t deleted = approve_number(&t, a->facts, "deleted");
    int64_t gone = approve_number(&t, a->facts, "before") - approve_number(&t, a->facts, "after");
    if (a->effect == EFFECT_AUTHORITY && (span_is(a->kind, "write") || span_is(a->kind, "undo"))) {
        *out = deleted > 0 ? deleted : gone > 0 ? gone : 0;
        label = "How many rows are removed? Type the number";
    }
    task_end(&t);
    return label;
}

void
approve_facts_add(struct approve_facts *f, const char *label, struct span value, bool is_code)
{
    if (f->n == APPROVE_FACTS || value.n == 0)
        return;
    f->at[f->n++] = (struct view_approve_fact){
        visible_text(f->v->t, span_of(label)), visible_text(f->v->t, span_first(value, VALUE_BYTES)), is_code};
}

static struct span
level_words(int64_t level)
{
    static const char *const words[] = {"public", "for people who are signed in", "private", "secret"};
    return span_of(words[level < 0 || level > 3 ? 3 : level]);
}

static struct span
reader_words(int64_t clearance)
{
    static const char *const words[] = {"everybody", "people who are signed in", "people with rights on private data",
        "people with rights on secret data"};
    return span_of(words[clearance < 0 || clearance > 3 ? 0 : clearance]);
}

static struct span
integrity_words(int64_t integrity)
{
    static const char *const words[] = {"this system", "your own input", "data that its owner alone writes",
        "what a model proposed", "uploads, pages or programs of others"};
    return span_of(words[integrity < 0 || integrity > 4 ? 4 : integrity]);
}

static void
add_url(struct approve_facts *f, struct span url)
{
    struct visible_url u;
    if (!visible_url(f->v->t, url, &u)) {
        approve_facts_add(f, "address (written so that it can be misread)", url, true);
        return;
    }
    approve_facts_add(f, "host", u.host, true);
    approve_facts_add(f, "address", u.href, true);
    if (u.is_foreign)
        approve_facts_add(f, "note",
            SPAN("the name was written with letters that can look like others: it is spelled out here"), false);
}

/* What is kept has to be shown; that it speaks for nobody but the model is said. */
static bool
is_prose(const char *key, int64_t proposer)
{
    return strcmp(key, "about") == 0 && proposer != PROPOSER_USER;
}

/* Members of the arguments. SQL stands apart; a password is nobody's to read. */
static void
add_args(struct approve_facts *f, const json_t *args, int64_t by, int depth)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)args, key, value)
    {
        struct span text = span_of(json_string_value(value));
        if (strcmp(key, "sql") == 0 || json_is_null(value))
            continue;
        if (strcmp(key, "url") == 0)
            add_url(f, text);
        else if (strcmp(key, "password") == 0)
            approve_facts_add(f, key, SPAN("(set, not shown)"), false);
        else if (json_is_object(value) && depth < ARGS_DEPTH)
            add_args(f, value, by, depth + 1);
        else
            approve_facts_add(f, is_prose(key, by) ? "saved with it, in the model's words" : key,
                json_is_string(value) ? text : json_dump(f->v->t, value), true);
    }
}

static void
add_counts(struct approve_facts *f, const struct auth_approval *a)
{
    json_t *j = NULL;
    struct task *t = f->v->t;
    if (json_read(t, a->facts, &j) != E_OK) {
        task_clear_error(t);
        return;
    }
    if (json_is_integer(json_object_get(j, "inserted")) || json_is_integer(json_object_get(j, "deleted")))
        approve_facts_add(f, "rows",
            task_format(t, "%lld added, %lld changed, %lld removed", (long long)json_int(j, "inserted", 0),
                (long long)json_int(j, "updated", 0), (long long)json_int(j, "deleted", 0)),
            false);
    if (json_is_integer(json_object_get(j, "before")))
        approve_facts_add(f, "in all",
            task_format(
                t, "%lld before, %lld after", (long long)json_int(j, "before", 0), (long long)json_int(j, "after", 0)),
            false);
}

/* A plugin's call: which, and every byte that it gets. */
static void
add_plugin(struct approve_facts *f, const struct auth_approval *a, const json_t *args)
{
    size_t i;
    json_t *to = NULL, *one;
    approve_facts_add(f, "plugin", a->plugin, true);
    approve_facts_add(f, "tool", a->tool, true);
    approve_facts_add(f, "exactly these arguments", json_dump(f->v->t, json_object_get(args, "args")), true);
    if (json_read(f->v->t, a->facts, &to) != E_OK)
        task_clear_error(f->v->t);
    json_array_foreach(json_object_get(to, "to"), i, one)
    {
        approve_facts_add(f, "may ask", span_of(json_string_value(one)), true);
    }
}

/* A list of names as people write it. */
static struct span
names_of(struct task *t, struct span list)
{
    struct buf *b = task_buf(t, VALUE_BYTES);
    json_t *names = NULL, *name;
    size_t i;
    if (json_read(t, list, &names) != E_OK) {
        task_clear_error(t);
        return list;
    }
    json_array_foreach(names, i, name)
    {
        buf_puts(b, i > 0 ? ", " : "");
        buf_puts(b, json_is_string(name) ? json_string_value(name) : "");
    }
    return b->failed ? list : buf_view(b);
}

enum err
approve_facts_fill(struct approve_facts *f, const struct auth_approval *a, json_t **args)
{
    struct task *t = f->v->t;
    *args = NULL;
    approve_facts_add(f, "asked by",
        a->proposer == PROPOSER_USER ? SPAN("you") : SPAN("a language model, in your conversation"), false);
    if (!span_is(a->kind, "write") && json_read(t, a->args, args) != E_OK)
        return t->err;
    approve_facts_add(f, "dataset", a->dataset, true);
    if (*args && span_is(a->kind, "plugin"))
        add_plugin(f, a, *args);
    else if (*args)
        add_args(f, *args, a->proposer, 0);
    if (!span_eq(a->sink, a->dataset))
        approve_facts_add(f, "goes to", a->sink, true);
    approve_facts_add(f, "reaches", reader_words(a->clearance), false);
    approve_facts_add(f, "made from data that is", level_words(a->level), false);
    if (!span_is(a->categories, "[]"))
        approve_facts_add(f, "of the private datasets", names_of(t, a->categories), true);
    approve_facts_add(f, "least trusted source", integrity_words(a->integrity), false);
    if (a->level > a->clearance || !a->dominates)
        approve_facts_add(f, "note", SPAN("it makes data readable for more people than may read it now"), false);
    add_counts(f, a);
    return E_OK;
}

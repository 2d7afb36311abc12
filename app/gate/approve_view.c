/* approve_view: what a page says of an approval: canonical bytes, numbers and our own words; no prose of a model. */
#include "gate/approve.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "http/site.h"
#include "render/sqltext.h"
#include "render/visible.h"

#include <string.h>

enum { FACTS = 64, VALUE_BYTES = 20000, ARGS_DEPTH = 3 };

/* Headings take the dataset's or sink's name. */
static const struct {
    const char *kind, *heading, *sql_label, *approve;
    const char *after[3];
} kinds[] = {
    {"write", "Change rows of %.*s", "The SQL that will run", "Approve the change",
        {"The change is made once, on exactly these rows. If the data changes first, nothing happens.",
            "The dataset gets a new revision, which its readers then see."}},
    {"save", "Save a query on %.*s", "The SQL that is saved", "Save the query",
        {"The query is saved for you alone. Sharing it is asked for separately."}},
    {"share", "Open a link to %.*s", NULL, "Open the link",
        {"Whoever has the link reads what it shows, without signing in, until you end it.",
            "What was read through it can't be taken back."}},
    {"admin", "Change who or what %.*s trusts", NULL, "Make the change", {"The change is made once, in your name."}},
    {"undo", "Undo a change of %.*s", NULL, "Undo the change",
        {"The rows become what they were before that change. If later changes touched them, nothing happens."}},
    {"release", "Release changes of %.*s to its readers", NULL, "Release the changes",
        {"All readers of the dataset see the changes. What they have read can't be taken back."}},
    {"fetch", "Ask the address %.*s", NULL, "Send the request",
        {"This machine asks that address once. The address itself can carry words out: read it to its end.",
            "What comes back is read by the model as the text of strangers."}},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static size_t
kind_of(const struct auth_approval *a)
{
    size_t i = 0;
    while (i + 1 < N_KINDS && !span_is(a->kind, kinds[i].kind))
        i++;
    return i;
}

struct span
approve_heading(struct task *t, const struct auth_approval *a)
{
    struct span what = a->dataset.n > 0 ? a->dataset : a->sink;
    if (span_is(a->kind, "admin"))
        what = SPAN("this site");
    if (span_is(a->kind, "fetch"))
        what = a->sink;
    if (span_is(a->kind, "share"))
        what = a->conversation.n > 0 ? SPAN("an answer") : SPAN("a query");
    struct span shown = visible_text(t, what);
    char *text = NULL;
    /* The table's formats take one name each. */
    ptrdiff_t at = span_find(span_of(kinds[kind_of(a)].heading), SPAN("%.*s"));
    text = task_printf(t, "%.*s%.*s%s", (int)at, kinds[kind_of(a)].heading, SPAN_ARG(shown),
        kinds[kind_of(a)].heading + at + strlen("%.*s"));
    return span_of(text);
}

struct span
approve_clock(struct task *t, int64_t ms)
{
    char iso[21];
    clock_iso(ms, iso);
    return task_format(t, "%.10s %.8s UTC", iso, iso + 11);
}

struct span
approve_back(struct task *t, const struct auth_approval *a)
{
    struct span path = a->conversation.n > 0 ? task_format(t, "/-/chat/%.*s", SPAN_ARG(a->conversation))
                       : a->dataset.n > 0    ? task_format(t, "/%.*s", SPAN_ARG(a->dataset))
                                             : SPAN("/-/approve");
    return task_format(t, "%s%.*s", conf_text("http.origin"), SPAN_ARG(path));
}

static int64_t
number_in(struct task *t, struct span json, const char *key)
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
    int64_t deleted = number_in(&t, a->facts, "deleted");
    int64_t gone = number_in(&t, a->facts, "before") - number_in(&t, a->facts, "after");
    if (a->effect == EFFECT_AUTHORITY && (span_is(a->kind, "write") || span_is(a->kind, "undo"))) {
        *out = deleted > 0 ? deleted : gone > 0 ? gone : 0;
        label = "How many rows are removed? Type the number";
    }
    task_end(&t);
    return label;
}

/* The growing list of labels and values. */
struct facts {
    struct turnstile *v;
    struct view_approve_fact at[FACTS];
    size_t n;
};

static void
add(struct facts *f, const char *label, struct span value, bool is_code)
{
    if (f->n == FACTS || value.n == 0)
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
add_url(struct facts *f, struct span url)
{
    struct visible_url u;
    if (!visible_url(f->v->t, url, &u)) {
        add(f, "address (written so that it can be misread)", url, true);
        return;
    }
    add(f, "host", u.host, true);
    add(f, "address", u.href, true);
    if (u.is_foreign)
        add(f, "note", SPAN("the name was written with letters that can look like others: it is spelled out here"),
            false);
}

/* Members of the arguments. SQL stands apart; a password is nobody's to read. */
static void
add_args(struct facts *f, const json_t *args, int depth)
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
            add(f, key, SPAN("(set, not shown)"), false);
        else if (json_is_object(value) && depth < ARGS_DEPTH)
            add_args(f, value, depth + 1);
        else
            add(f, key, json_is_string(value) ? text : json_dump(f->v->t, value), true);
    }
}

static void
add_counts(struct facts *f, const struct auth_approval *a)
{
    json_t *j = NULL;
    struct task *t = f->v->t;
    if (json_read(t, a->facts, &j) != E_OK) {
        task_clear_error(t);
        return;
    }
    if (json_is_integer(json_object_get(j, "inserted")) || json_is_integer(json_object_get(j, "deleted")))
        add(f, "rows",
            task_format(t, "%lld added, %lld changed, %lld removed", (long long)json_int(j, "inserted", 0),
                (long long)json_int(j, "updated", 0), (long long)json_int(j, "deleted", 0)),
            false);
    if (json_is_integer(json_object_get(j, "before")))
        add(f, "in all",
            task_format(
                t, "%lld before, %lld after", (long long)json_int(j, "before", 0), (long long)json_int(j, "after", 0)),
            false);
}

static enum err
fill_facts(struct facts *f, const struct auth_approval *a, json_t **args)
{
    struct task *t = f->v->t;
    *args = NULL;
    add(f, "asked by", a->proposer == PROPOSER_USER ? SPAN("you") : SPAN("a language model, in your conversation"),
        false);
    if (!span_is(a->kind, "write") && json_read(t, a->args, args) != E_OK)
        return t->err;
    add(f, "dataset", a->dataset, true);
    if (*args)
        add_args(f, *args, 0);
    if (!span_eq(a->sink, a->dataset))
        add(f, "goes to", a->sink, true);
    add(f, "reaches", reader_words(a->clearance), false);
    add(f, "made from data that is", level_words(a->level), false);
    if (!span_is(a->categories, "[]"))
        add(f, "of the private datasets", a->categories, true);
    add(f, "least trusted source", integrity_words(a->integrity), false);
    if (a->level > a->clearance || !a->dominates)
        add(f, "note", SPAN("it makes data readable for more people than may read it now"), false);
    add_counts(f, a);
    return E_OK;
}

static void
fill_after(struct turnstile *v, const struct auth_approval *a, struct view_approve_approval *view)
{
    size_t kind = kind_of(a);
    struct span *after = task_array(v->t, 4, sizeof *after);
    for (size_t i = 0; i < 3 && kinds[kind].after[i]; i++)
        after[view->after.n++] = span_of(kinds[kind].after[i]);
    if (number_in(v->t, a->facts, "undoable") || span_find(a->facts, SPAN("\"undoable\":true")) >= 0)
        after[view->after.n++] =
            SPAN("It can be undone from the dataset's changes while nothing later touches its rows.");
    view->after.at = after;
}

static enum err
fill_bytes(struct turnstile *v, const struct auth_approval *a, const json_t *args, struct view_approve_approval *view)
{
    struct span sql = args ? json_text(args, "sql") : SPAN_NONE;
    if (span_is(a->kind, "write") && approve_diff(v, a, view, &sql) != E_OK)
        return v->t->err;
    view->has_sql = sql.n > 0;
    view->sql_label = span_of(kinds[kind_of(a)].sql_label);
    if (view->has_sql)
        view->sql = sqltext_html(v->t, visible_text(v->t, sql));
    return E_OK;
}

static struct span
account_url(struct task *t)
{
    return task_format(t, "%s/-/account", conf_text("http.origin"));
}

enum err
approve_show(struct turnstile *v, const struct auth_approval *a, const char *problem)
{
    struct facts *f = task_new(v->t, struct facts);
    struct view_approve_approval view = {.page = web_frame(v, "Approval"), .problem = span_of(problem)};
    json_t *args = NULL;
    int64_t count = 0;
    f->v = v;
    if (fill_facts(f, a, &args) != E_OK || fill_bytes(v, a, args, &view) != E_OK ||
        auth_phrase_get(v->t, &v->gate->db, a->user, &view.phrase) != E_OK)
        return v->t->err;
    bool step_up = a->effect == EFFECT_AUTHORITY;
    view.heading = approve_heading(v->t, a);
    view.account_url = account_url(v->t);
    view.facts.at = f->at;
    view.facts.n = f->n;
    fill_after(v, a, &view);
    view.expires = task_format(v->t, "%.*s, in %lld minutes", SPAN_ARG(approve_clock(v->t, a->expires_ms)),
        (long long)((a->expires_ms - v->now_ms + 59999) / 60000));
    view.action = task_format(v->t, "/-/approve/%.*s", SPAN_ARG(a->id));
    view.seen = a->binding;
    view.is_destructive = step_up && span_is(a->kind, "write");
    view.wants_password = step_up && v->actor.user.password.n > 0;
    if (step_up && !view.wants_password)
        view.no_password = SPAN("This asks for your password, and your account has none yet.");
    view.count_label = span_of(approve_count(a, &count));
    view.approve_label = span_of(kinds[kind_of(a)].approve);
    struct span *scripts = task_new(v->t, struct span);
    *scripts = task_format(v->t, "/static/js/approve.js?v=%s", v->gate->static_version);
    view.page.scripts.at = scripts;
    view.page.scripts.n = 1;
    render_approve_approval(v->out->body, &view);
    return E_OK;
}

static const struct {
    const char *state, *heading;
    bool is_good;
} endings[] = {
    {"done", "Done", true},
    {"approved", "Approved", true},
    {"consumed", "Being carried out", false},
    {"failed", "It could not be carried out", false},
    {"lost", "It was not carried out", false},
    {"declined", "Declined", true},
    {"expired", "Out of time", false},
    {"void", "Void", false},
    {"pending", "Not yet", false},
};

static struct span
ending_sentence(struct task *t, const struct auth_approval *a)
{
    json_t *j = NULL;
    struct span message = SPAN_NONE;
    if (json_read(t, a->outcome, &j) == E_OK)
        message = json_text(j, "message");
    else
        task_clear_error(t);
    if (span_is(a->state, "done"))
        return span_is(a->kind, "write") ? SPAN("The change was made.") : SPAN("It was carried out.");
    if (span_is(a->state, "approved"))
        return SPAN("You approved it. The conversation goes on and uses it once.");
    if (span_is(a->state, "declined"))
        return SPAN("You declined it. Nothing was done.");
    if (span_is(a->state, "consumed"))
        return SPAN("You approved it, and it is being carried out. Load this page again to see how it went.");
    return message.n > 0 ? message : span_of(approval_sentence(span_is(a->state, "void") ? a->why : a->state));
}

enum err
approve_ended(struct turnstile *v, const struct auth_approval *a, const char *problem)
{
    static const struct {
        const char *key, *label;
    } counts[] = {{"inserted", "rows added"}, {"updated", "rows changed"}, {"deleted", "rows removed"}};
    struct facts *f = task_new(v->t, struct facts);
    struct view_approve_said s = {.page = web_frame(v, "Approval"), .is_problem = true};
    f->v = v;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (span_is(a->state, endings[i].state)) {
            s.heading = span_of(endings[i].heading);
            s.is_good = endings[i].is_good;
            s.is_problem = !s.is_good;
        }
    s.sentence = span_is(a->state, "pending") && problem ? span_of(problem) : ending_sentence(v->t, a);
    add(f, "what", approve_heading(v->t, a), false);
    for (size_t i = 0; i < 3 && span_is(a->state, "done"); i++)
        add(f, counts[i].label, task_format(v->t, "%lld", (long long)number_in(v->t, a->outcome, counts[i].key)),
            false);
    s.has_facts = true;
    s.facts.at = f->at;
    s.facts.n = f->n;
    s.back_url = approve_back(v->t, a);
    s.back_label = a->conversation.n > 0 ? SPAN("Back to the conversation") : SPAN("Back");
    if (auth_phrase_get(v->t, &v->gate->db, a->user, &s.phrase) != E_OK)
        return v->t->err;
    render_approve_said(v->out->body, &s);
    return E_OK;
}

enum err
approve_say(struct turnstile *v, const char *heading, const char *sentence)
{
    struct view_approve_said s = {.page = web_frame(v, heading),
        .heading = span_of(heading),
        .sentence = span_of(sentence),
        .is_problem = v->t->err != E_OK,
        .request_id = v->t->err != E_OK ? span_of(v->t->id) : SPAN_NONE,
        .back_url = task_format(v->t, "%s/-/approve", conf_text("http.origin")),
        .back_label = SPAN("Your approvals")};
    render_approve_said(v->out->body, &s);
    return E_OK;
}

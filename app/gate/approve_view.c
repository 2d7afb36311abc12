/* approve_view: what a page says of an approval: canonical bytes, numbers and our own words; no prose of a model. */
#include "gate/approve.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "http/site.h"
#include "render/sqltext.h"
#include "render/visible.h"

#include <string.h>

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
    {"plugin", "Let %.*s send what stands here", NULL, "Send it",
        {"The plugin gets exactly these arguments, once, and asks the hosts above with what it makes of them.",
            "What was sent can't be taken back. What comes back is the text of strangers."}},
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
    if (span_is(a->kind, "plugin"))
        what = a->plugin;
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

static void
fill_after(struct turnstile *v, const struct auth_approval *a, struct view_approve_approval *view)
{
    size_t kind = kind_of(a);
    struct span *after = task_array(v->t, 4, sizeof *after);
    for (size_t i = 0; i < 3 && kinds[kind].after[i]; i++)
        after[view->after.n++] = span_of(kinds[kind].after[i]);
    if (approve_number(v->t, a->facts, "undoable") || span_find(a->facts, SPAN("\"undoable\":true")) >= 0)
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
    struct approve_facts *f = task_new(v->t, struct approve_facts);
    struct view_approve_approval view = {.page = web_frame(v, "Approval"), .problem = span_of(problem)};
    json_t *args = NULL;
    int64_t count = 0;
    f->v = v;
    if (approve_facts_fill(f, a, &args) != E_OK || fill_bytes(v, a, args, &view) != E_OK ||
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
    struct approve_facts *f = task_new(v->t, struct approve_facts);
    struct view_approve_said s = {.page = web_frame(v, "Approval"), .is_problem = true};
    f->v = v;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (span_is(a->state, endings[i].state)) {
            s.heading = span_of(endings[i].heading);
            s.is_good = endings[i].is_good;
            s.is_problem = !s.is_good;
        }
    s.sentence = span_is(a->state, "pending") && problem ? span_of(problem) : ending_sentence(v->t, a);
    approve_facts_add(f, "what", approve_heading(v->t, a), false);
    for (size_t i = 0; i < 3 && span_is(a->state, "done"); i++)
        approve_facts_add(f, counts[i].label,
            task_format(v->t, "%lld", (long long)approve_number(v->t, a->outcome, counts[i].key)), false);
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

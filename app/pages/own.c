/* own: asking gate for what a person does, and saying what became of approvals. */
#include "pages/own.h"

#include "base/id.h"
#include "base/json.h"
#include "http/site.h"
#include "pages/facts.h"
#include "policy/grant.h"
#include "render/cell.h"

enum { OWN_RECEIPT_BYTES = 16384 };

json_t *
own_fields(const struct own_field *fields, size_t n)
{
    json_t *j = json_object();
    for (size_t i = 0; i < n; i++)
        if (fields[i].value.p)
            json_object_set_new(j, fields[i].key, json_stringn(fields[i].value.p, fields[i].value.n));
    return j;
}

enum err
own_call(struct visit *v, const char *operation, json_t *in, json_t **out)
{
    json_t *ignored = NULL;
    if (in)
        task_json(v->t, in);
    return gate_own(v->t, &v->who, operation, in, out ? out : &ignored);
}

struct span
own_problem(struct visit *v)
{
    struct span sentence = span_of(task_z(v->t, span_of(v->t->cause)));
    task_clear_error(v->t);
    return sentence;
}

enum err
own_review(struct visit *v, struct span approval)
{
    if (!id_is(approval, 'p'))
        return task_fail(v->t, E_INTERNAL, "The authority sent a malformed approval.");
    http_redirect(v->out, task_format(v->t, "/-/review/%.*s", SPAN_ARG(approval)));
    return E_OK;
}

enum err
own_change(struct visit *v, const char *operation, json_t *in, struct span done)
{
    json_t *reply = NULL;
    if (own_call(v, operation, in, &reply) != E_OK)
        return v->t->err;
    struct span approval = json_text(reply, "approval");
    if (approval.n > 0)
        return own_review(v, approval);
    http_redirect(v->out, done);
    return E_OK;
}

enum err
own_approvals(struct visit *v, const json_t **out)
{
    *out = NULL;
    if (v->who.session.n == 0)
        return E_OK;
    if (!v->approvals && own_call(v, "approval.list", json_pack("{s:b}", "open", true), &v->approvals) != E_OK)
        return v->t->err;
    *out = json_object_get(v->approvals, "approvals");
    return E_OK;
}

const json_t *
own_approval(const json_t *list, struct span id)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) if (span_eq(json_text(one, "id"), id)) return one;
    return NULL;
}

static bool
is_open(const json_t *approval)
{
    return span_is(json_text(approval, "state"), "pending");
}

void
own_count(struct visit *v, struct view_page *p)
{
    const json_t *list;
    size_t i;
    json_t *one;
    if (own_approvals(v, &list) != E_OK) {
        task_clear_error(v->t);
        return;
    }
    json_array_foreach(list, i, one) p->approvals += is_open(one);
}

enum err
own_grant(struct visit *v, struct span base64, struct span *out)
{
    struct buf *sealed = task_buf(v->t, GRANT_SEAL_BYTES);
    if (base64.n == 0 || !base64_get(base64, sealed))
        return task_fail(v->t, E_INTERNAL, "The authority sent a malformed grant.");
    *out = buf_view(sealed);
    return E_OK;
}

struct span
own_receipt(struct task *t, struct span receipt)
{
    struct buf *text = task_buf(t, OWN_RECEIPT_BYTES);
    base64_put(text, receipt);
    return buf_view(text);
}

static const struct {
    const char *kind, *words;
} kinds[] = {
    {"write", "Change rows of a dataset"},
    {"undo", "Take a change back"},
    {"release", "Publish a held change"},
    {"save", "Keep a query"},
    {"share", "Share something"},
    {"fetch", "Fetch a page from outside"},
    {"plugin", "Let a plugin send something outside"},
    {"admin", "Change who may do what"},
};

struct span
own_kind(struct span kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (span_is(kind, kinds[i].kind))
            return span_of(kinds[i].words);
    return SPAN("Something that only you can allow");
}

struct span
own_counts(struct task *t, const json_t *facts)
{
    static const char *const rows[][2] = {{"inserted", "added"}, {"updated", "changed"}, {"deleted", "deleted"}};
    struct buf *b = task_buf(t, 200);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t n = json_int(facts, rows[i][0], 0);
        if (n <= 0)
            continue;
        struct span count = cell_count(t, n);
        buf_puts(b, b->n > 0 ? ", " : "");
        buf_printf(b, "%.*s row%s %s", SPAN_ARG(count), n == 1 ? "" : "s", rows[i][1]);
    }
    return buf_view(b);
}

static const struct {
    const char *code, *sentence;
} codes[] = {
    {"declined", "You declined it. Nothing was done."},
    {"expired", "It was not decided in time. Nothing was done."},
    {"void", "What it was based on changed before it was decided, so it no longer counts. Nothing was done."},
    {"lost", "It was allowed, but a part of this site stopped at that moment, and whether it was done is not known. "
             "It is not tried again: look at the data."},
    {"failed", "It was allowed, but could not be carried out. Nothing was done."},
    {"conflict", "The data changed after it was shown to you, so it was not carried out. Nothing was done."},
    {"approval-needs-account", "Only people who have signed in can allow this. Nothing was done."},
};

struct span
own_code(struct span code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (span_is(code, codes[i].code))
            return span_of(codes[i].sentence);
    return SPAN_NONE;
}

void
own_forms(struct visit *v)
{
    v->out->forms_to = http_approve_origin(v->t);
}

static struct span
ended_note(struct span state)
{
    struct span sentence = own_code(state);
    if (sentence.n > 0)
        return sentence;
    return SPAN("It has been decided.");
}

void
own_card(struct visit *v, const json_t *approval, int64_t now_ms, struct view_approval_card *out)
{
    int64_t expires_ms = json_int(approval, "expires_ms", 0);
    const json_t *facts = json_object_get(approval, "facts");
    struct span what = json_text(approval, "what"); /* gate's words: "Change rows of movies" */
    *out = (struct view_approval_card){
        .id = json_text(approval, "id"), .kind = what.n > 0 ? what : own_kind(json_text(approval, "kind"))};
    out->facts = own_counts(v->t, facts ? facts : approval);
    if (!is_open(approval)) {
        out->note = ended_note(json_text(approval, "state"));
    } else if (expires_ms <= now_ms) {
        out->note = own_code(SPAN("expired"));
    } else {
        out->expires = facts_time(v->t, expires_ms);
        out->action = task_format(v->t, "/-/approve/%.*s", SPAN_ARG(out->id));
    }
}

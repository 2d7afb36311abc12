/* trace: the state of one played conversation. */
#include "policy/trace.h"

#include "base/id.h"
#include "base/must.h"
#include "policy/grant.h"
#include "policy/words.h"

#include <string.h>

/* A call that decide asked about, for as long as it is among the latest. */
struct ask {
    int64_t n;
    enum policy_approval state; /* PENDING, APPROVED, CONSUMED */
    unsigned char key[HASH_BYTES];
};
struct dataset {
    struct span name;
    enum policy_level level;
    int integrity;
};
struct trace {
    struct task *keep;
    trace_rule *rule;
    bool begun;
    int64_t n;
    struct taint_state taint;
    size_t n_datasets, n_asks;
    struct dataset datasets[TRACE_DATASETS];
    struct ask asks[TRACE_ASKS]; /* a ring: n_asks counts all that there ever were */
};

struct trace *
trace_open(struct task *t, trace_rule *rule)
{
    struct trace *tr = task_new(t, struct trace);
    tr->keep = t;
    tr->rule = rule;
    return tr;
}

void
trace_conversation(struct trace *tr, enum policy_mode mode)
{
    tr->begun = true;
    tr->taint = (struct taint_state){.mode = mode};
    tr->n_datasets = 0;
    tr->n_asks = 0;
}

static enum err
check_begun(struct task *t, const struct trace *tr)
{
    return tr->begun ? E_OK : task_fail(t, E_INVALID, "A trace begins with a conversation.");
}

static struct dataset *
find_dataset(struct trace *tr, struct span name)
{
    for (size_t i = 0; i < tr->n_datasets; i++)
        if (span_eq(tr->datasets[i].name, name))
            return &tr->datasets[i];
    return NULL;
}

enum err
trace_attach(struct task *t, struct trace *tr, struct span dataset, enum policy_level level, int integrity)
{
    if (check_begun(t, tr) != E_OK)
        return t->err;
    struct dataset *d = find_dataset(tr, dataset);
    if (!d && tr->n_datasets == TRACE_DATASETS)
        return task_fail(t, E_LIMIT, "A conversation has at most %d datasets.", TRACE_DATASETS);
    if (!d) {
        d = &tr->datasets[tr->n_datasets++];
        *d = (struct dataset){.name = task_dup(tr->keep, dataset)};
    }
    if (level > d->level)
        d->level = level;
    if (integrity > d->integrity)
        d->integrity = integrity;
    return E_OK;
}

static void
judge(struct trace *tr, struct trace_answer *out)
{
    out->n = ++tr->n;
    out->decision = tr->rule(&out->judged, &out->reason);
}

enum err
trace_read(struct task *t, struct trace *tr, struct span dataset, struct trace_answer *out)
{
    struct label data, sink;
    if (check_begun(t, tr) != E_OK)
        return t->err;
    taint_context(&tr->taint, &out->label);
    const struct dataset *d = find_dataset(tr, dataset);
    if (!d) {
        out->judged = (struct policy_case){0};
        out->n = ++tr->n;
        out->decision = DECISION_REFUSE;
        out->reason = "not-in-this-conversation";
        return E_OK;
    }
    label_init_dataset(d->name, d->level, d->integrity, &data);
    struct label both = out->label;
    label_join(&both, &data);
    taint_sink_conversation(tr->taint.mode, &sink);
    const struct taint_flow flow = {.proposer = PROPOSER_MODEL, .effect = EFFECT_READ, .sink = &sink};
    taint_case(tr->taint.mode, &both, &flow, &out->judged);
    judge(tr, out);
    if (out->decision == DECISION_ALLOW) {
        taint_read(&tr->taint, &data);
        taint_context(&tr->taint, &out->label);
    }
    return E_OK;
}

static bool
is_own_sink(struct span sink)
{
    return sink.n == 0 || span_is(sink, "conversation");
}

static void
sink_of(struct trace *tr, const struct trace_call *call, struct label *out)
{
    bool inside = call->effect <= EFFECT_EPHEMERAL;
    if (find_dataset(tr, call->sink))
        taint_sink_dataset(call->sink, call->clearance, out);
    else if (inside && is_own_sink(call->sink))
        taint_sink_own(call->clearance, out);
    else if (inside)
        taint_sink_provider(call->clearance, out);
    else
        taint_sink_outside(call->clearance, out);
}

/* What an approval is bound to: the call's bytes and the label that they would flow under. */
static void
key_of(struct task *t, const struct trace_call *call, const struct label *context, unsigned char key[HASH_BYTES])
{
    struct buf *categories = task_buf(t, (size_t)1 << 20);
    label_json_categories(categories, context);
    const struct span fields[] = {
        span_of(policy_proposer_word(call->proposer)),
        call->tool,
        span_of(policy_effect_word(call->effect)),
        call->sink,
        span_of(policy_level_word(call->clearance)),
        call->args,
        span_of(policy_level_word(context->level)),
        buf_view(categories),
        task_format(t, "%d %d", context->integrity, call->args_integrity),
    };
    must(!categories->failed);
    struct span hash = grant_args_hash(t, fields, sizeof fields / sizeof fields[0]);
    memcpy(key, hash.p, HASH_BYTES);
}

static size_t
asks_kept(const struct trace *tr)
{
    return tr->n_asks < TRACE_ASKS ? tr->n_asks : TRACE_ASKS;
}

/* The approval that this call brings: the best of those for the same call; one for another call is a mismatch. */
static enum policy_approval
approval_for(struct trace *tr, const unsigned char key[HASH_BYTES], struct ask **used)
{
    enum policy_approval best = APPROVAL_NONE;
    *used = NULL;
    for (size_t i = 0; i < asks_kept(tr); i++) {
        struct ask *a = &tr->asks[i];
        bool same = memcmp(a->key, key, HASH_BYTES) == 0;
        if (same && a->state == APPROVAL_APPROVED) {
            *used = a;
            return APPROVAL_APPROVED;
        }
        if (same)
            best = a->state;
        else if (a->state == APPROVAL_APPROVED && best == APPROVAL_NONE)
            best = APPROVAL_MISMATCHED;
    }
    return best;
}

/* What an allowed call brings into the conversation, and leaves in a dataset. */
static void
follow(struct trace *tr, const struct trace_call *call, const struct trace_answer *a)
{
    struct dataset *d = find_dataset(tr, call->sink);
    bool outside = !d && !is_own_sink(call->sink) && call->effect >= EFFECT_EPHEMERAL;
    if (call->proposer == PROPOSER_PLUGIN || outside || call->effect == EFFECT_OUTSIDE ||
        span_starts(call->tool, "fetch"))
        taint_external(&tr->taint, SPAN("outside"));
    if (d && call->effect >= EFFECT_DURABLE && a->judged.integrity > d->integrity)
        d->integrity = a->judged.integrity;
}

enum err
trace_flow(struct task *t, struct trace *tr, const struct trace_call *call, struct trace_answer *out)
{
    struct label sink;
    struct ask *used, *fresh = &tr->asks[tr->n_asks % TRACE_ASKS];
    unsigned char key[HASH_BYTES];
    if (check_begun(t, tr) != E_OK)
        return t->err;
    taint_context(&tr->taint, &out->label);
    sink_of(tr, call, &sink);
    key_of(t, call, &out->label, key);
    const struct taint_flow flow = {.proposer = call->proposer,
        .args_integrity = call->args_integrity,
        .effect = call->effect,
        .sink = &sink,
        .approval = approval_for(tr, key, &used)};
    taint_case(tr->taint.mode, &out->label, &flow, &out->judged);
    judge(tr, out);
    out->label.integrity = out->judged.integrity;
    if (out->decision == DECISION_ALLOW && used)
        used->state = APPROVAL_CONSUMED;
    if (out->decision == DECISION_ALLOW)
        follow(tr, call, out);
    if (out->decision == DECISION_ASK) {
        *fresh = (struct ask){.n = out->n, .state = APPROVAL_PENDING};
        memcpy(fresh->key, key, HASH_BYTES);
        tr->n_asks++;
    }
    return E_OK;
}

enum err
trace_approve(struct task *t, struct trace *tr, int64_t n)
{
    if (check_begun(t, tr) != E_OK)
        return t->err;
    for (size_t i = 0; i < asks_kept(tr); i++) {
        if (tr->asks[i].n == n && tr->asks[i].state == APPROVAL_PENDING) {
            tr->asks[i].state = APPROVAL_APPROVED;
            return E_OK;
        }
    }
    return task_fail(t, E_NOTFOUND, "Call %lld does not wait for an approval in this conversation.", (long long)n);
}

/* propose: ticket, rights, policy_decide, the conversation's label, record, seal: in that order. */
#include "gate/propose_priv.h"

#include "base/id.h"
#include "base/json.h"
#include "base/must.h"
#include "gate/conversation.h"
#include "gate/evidence.h"
#include "gate/seal.h"

enum { RECORD_BYTES = 32768, NAME_BYTES = 63 };

/* What a machine may propose at all. The rest of an audience that is here is not there; everything else is authority.
 */
static const struct {
    const char *audience, *capability;
    judge_fn *judge;
    enum { BY_MODEL = 1, BY_PLUGIN = 2 } by;
} rows[] = {
    {"query", "read", judge_query, BY_MODEL},
    {"query", "sql", judge_query, BY_MODEL | BY_PLUGIN},
    {"egress", "llm", judge_model, BY_MODEL},
    {"egress", "fetch", judge_fetch, BY_MODEL},
    {"egress", "plugin-fetch", judge_plugin_fetch, BY_PLUGIN},
    {"effect", "dryrun", judge_dryrun, BY_MODEL},
    {"effect", "scratch", judge_scratch, BY_MODEL},
    {"effect", "write", judge_write, BY_MODEL},
    {"gate", "save", judge_save, BY_MODEL},
    {"gate", "artifact", judge_plugin_keep, BY_PLUGIN},
    {"gate", "ask", judge_plugin_ask, BY_PLUGIN},
    {"plugin", "call", judge_plugin, BY_MODEL},
};

enum err
judged_no(struct judged *j, const char *why)
{
    j->why = why;
    return E_OK;
}

void
judged_case(struct judged *j, const struct label *data, const struct label *sink, enum policy_effect effect)
{
    bool back = j->p->plugin.n > 0;
    const struct taint_flow f = {.proposer = back ? PROPOSER_PLUGIN : PROPOSER_MODEL, .effect = effect, .sink = sink};
    j->has_case = true;
    j->data = *data;
    taint_case(label_mode(j->conversation.mode, j->policy.strict, data->level), data, &f, &j->c);
    /* Its arguments are made of all that the conversation knows, whatever flows. */
    if (j->context.integrity > j->c.integrity)
        j->c.integrity = j->context.integrity;
    if (back)
        j->c.integrity = INTEGRITY_EXTERNAL;
}

bool
judged_has_account(struct judged *j)
{
    if (!id_is(j->conversation.owner, 'u'))
        j->why = "approval-needs-account";
    return j->why == NULL;
}

enum err
judged_dataset(struct task *t, struct gate *g, struct judged *j, struct auth_dataset *d, struct may_object *o)
{
    *d = (struct auth_dataset){0};
    if (!object_in_list(t, j->conversation.datasets, j->p->dataset))
        return t->err == E_OK ? judged_no(j, "not-in-this-conversation") : t->err;
    if (object_dataset(t, g, &j->actor, j->p->dataset, d, o) != E_OK)
        return t->err;
    if (!o->exists || !o->published || !gate_may_see(&j->actor.public, o))
        return judged_no(j, "not-open-to-the-asker");
    return E_OK;
}

enum err
judged_ceiling(struct task *t, struct gate *g, struct judged *j, enum policy_level owner, enum policy_level *out)
{
    json_t *model = NULL;
    struct label mode;
    /* A turn that names no model may be the guide's. Whoever it is sent to is decided by what the conversation got. */
    struct span name = j->p->model.n > 0 ? j->p->model : SPAN("guide");
    if (object_model(t, g, name, &model) != E_OK)
        return t->err;
    if (!model)
        return judged_no(j, "no-such-model");
    taint_sink_conversation(j->state.mode, &mode);
    *out = object_clearance(model);
    if (owner < *out)
        *out = owner;
    if (mode.level < *out)
        *out = mode.level;
    return E_OK;
}

enum err
judged_bound(struct task *t, const struct judged *j, const struct span *fields, size_t n)
{
    if (secret_eq(grant_args_hash(t, fields, n), j->p->args_hash))
        return E_OK;
    return task_fail(t, E_INVALID, "The hash of a proposed call does not cover what is proposed.");
}

static bool
names_audience(struct span audience)
{
    return span_is(audience, "query") || span_is(audience, "egress") || span_is(audience, "plugin");
}

static enum err
judge(struct task *t, struct gate *g, struct judged *j)
{
    unsigned by = j->p->plugin.n > 0 ? BY_PLUGIN : BY_MODEL;
    if (by == BY_PLUGIN && (judged_running(t, g, j) != E_OK || j->why))
        return t->err;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (span_is(j->p->audience, rows[i].audience) && span_is(j->p->capability, rows[i].capability) &&
            (rows[i].by & by) != 0)
            return rows[i].judge(t, g, j);
    return names_audience(j->p->audience) || by == BY_PLUGIN ? judged_no(j, "no-such-capability")
                                                             : judge_authority(t, g, j);
}

/* A turn that proposes without end, or goes on after it was told no, is over. */
static enum err
check_use(struct task *t, struct gate *g, struct judged *j)
{
    struct auth_turn_use used;
    int64_t declines = 0;
    if (auth_turn_use_read(t, &g->db, j->ticket.turn, &used) != E_OK ||
        auth_turn_declines(t, &g->db, j->conversation.id, j->ticket.turn, &declines) != E_OK)
        return t->err;
    if (used.calls >= j->policy.turn_calls)
        j->why = "turn-budget";
    if (used.refusals >= j->policy.turn_refusals || declines >= j->policy.turn_declines)
        j->why = "turn-frozen";
    return E_OK;
}

/* That a model or a schema is above the turn's clearance is found out by asking, once for each: no misconduct. */
static bool
is_honest_refusal(const struct judged *j, const struct verdict *v)
{
    bool asks = span_is(j->p->capability, "llm") || span_is(j->p->capability, "read");
    return asks && span_is(span_of(v->reason), "above-clearance");
}

static enum err
note_use(struct task *t, struct gate *g, const struct judged *j, const struct verdict *v)
{
    struct auth_turn_use more = {.calls = 1};
    more.refusals = v->decision == DECISION_REFUSE && !is_honest_refusal(j, v);
    return auth_turn_use_add(t, &g->db, j->ticket.turn, &more, j->now_ms);
}

static void
put_case(struct buf *b, const struct judged *j, const struct verdict *v)
{
    buf_putc(b, '{');
    if (j->has_case) {
        evidence_put_case(b, &j->c, v->decision, v->reason);
        return;
    }
    buf_printf(b, "\"decision\":\"%s\",\"reason\":\"%s\"", policy_decision_word(v->decision), v->reason);
}

/* All inputs of the decision (propose.h says which). */
static struct span
record(struct task *t, const struct gate *g, const struct judged *j, const struct verdict *v)
{
    const struct {
        const char *key;
        struct span value;
        size_t most;
    } texts[] = {{"audience", j->p->audience, 16}, {"capability", j->p->capability, 32}, {"turn", j->ticket.turn, 63},
        {"dataset", j->p->dataset, NAME_BYTES}, {"model", j->p->model, NAME_BYTES}, {"sink", j->sink, 253},
        {"message", span_of(policy_level_word((enum policy_level)j->conversation.message)), 16},
        {"policy", span_of(j->policy.hash), HASH_HEX_BYTES}, {"approval_id", v->approval, 63},
        {"effect_digest", j->call.effect_digest, HASH_HEX_BYTES}, {"proposal", j->call.proposal, 63},
        {"plugin", j->offer ? j->offer->plugin.row.id : j->p->plugin, 65},
        {"digest", j->offer ? j->offer->plugin.version.digest : SPAN_NONE, HASH_HEX_BYTES},
        {"tool", j->running.plugin.n > 0 ? j->running.tool : j->granted.tool, 63},
        {"args", evidence_hash(t, g, j->p->args_hash), HASH_HEX_BYTES}};
    struct buf *b = task_buf(t, RECORD_BYTES);
    put_case(b, j, v);
    json_put_key(b, "ordinal");
    buf_i64(b, j->p->ordinal);
    json_put_key(b, "categories");
    label_json_categories(b, &j->data);
    json_put_key(b, "from");
    buf_span(b, j->conversation.sources);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].value.n == 0)
            continue;
        json_put_key(b, texts[i].key);
        json_put_text(b, span_first(texts[i].value, texts[i].most));
    }
    buf_putc(b, '}');
    return buf_view(b);
}

static enum err
give_grant(struct task *t, struct gate *g, const struct judged *j, struct verdict *out)
{
    struct grant grant = {.audience = j->p->audience,
        .capability = j->p->capability,
        .subject = j->conversation.owner,
        .conversation = j->conversation.id,
        .turn = j->ticket.turn,
        .ordinal = j->p->ordinal,
        .mode = j->conversation.mode,
        .level = j->level,
        .dataset = j->p->dataset,
        .args_hash = j->p->args_hash,
        .detail = j->detail};
    return j->seals ? seal_grant(t, g, &grant, &out->grant) : E_OK;
}

/* What the agent is told of a model: never which secret opens it. */
static json_t *
without_secret(struct task *t, json_t *model)
{
    json_t *j = model ? task_json(t, json_copy(model)) : NULL;
    if (j)
        json_object_del(j, "secret");
    return j;
}

/* Everything that the decision stands on, as it is in this transaction. */
static enum err
gather(struct task *t, struct gate *g, struct judged *j)
{
    if (conversation_ticket(t, g, j->p->ticket, j->p->pool, j->now_ms, &j->ticket, &j->actor, &j->conversation) !=
            E_OK ||
        policy_set_read(t, g, &j->policy) != E_OK || label_state(t, &j->conversation, &j->state) != E_OK ||
        check_use(t, g, j) != E_OK)
        return t->err;
    label_context(&j->conversation, &j->state, &j->context);
    j->after = j->state;
    return j->why ? E_OK : judge(t, g, j);
}

/* What goes out raises the conversation's label first. dry: only tells whether it would. */
static enum err
raise_label(struct task *t, struct gate *g, struct judged *j, bool dry, bool *rose)
{
    if (label_raise(t, g, &j->conversation, &j->after, dry, rose) != E_OK)
        return t->err;
    return j->opened.n > 0 && !dry ? auth_taint_read(t, &g->db, j->conversation.id, j->opened, j->level) : E_OK;
}

/* What a plugin may ask back for is known by the call that was granted. */
static enum err
note_plugin(struct task *t, struct gate *g, struct judged *j)
{
    if (j->granted.plugin.n > 0) {
        j->granted.approval = j->p->approval;
        return auth_plugin_call_add(t, &g->db, &j->granted);
    }
    return j->fetches ? auth_plugin_call_fetched(t, &g->db, j->running.turn, j->running.ordinal) : E_OK;
}

/* One try, in an open transaction. *again: it must be tried again, so that the disk has it before anybody else. */
static enum err
decide(struct task *t, struct gate *g, struct judged *j, bool lazy, bool *again, struct verdict *out)
{
    bool rose = false;
    *again = false;
    *out = (struct verdict){.decision = DECISION_REFUSE, .reason = "no-decision"};
    if (gather(t, g, j) != E_OK)
        return t->err;
    out->reason = j->why;
    if (!j->why)
        out->decision = policy_decide(&j->c, &out->reason);
    if (out->decision == DECISION_ALLOW && raise_label(t, g, j, true, &rose) != E_OK)
        return t->err;
    *again = lazy && (rose || out->decision != DECISION_ALLOW || j->p->approval.n > 0 || j->fetches);
    if (*again)
        return E_OK;
    if (!j->why && propose_ask(t, g, j, out) != E_OK)
        return t->err;
    if (out->decision == DECISION_ALLOW && (raise_label(t, g, j, false, &rose) != E_OK || note_plugin(t, g, j) != E_OK))
        return t->err;
    return note_use(t, g, j, out);
}

static enum err
run(struct task *t, struct gate *g, struct judged *j, bool lazy, bool *again, struct verdict *out)
{
    struct gate_change change = {.action = SPAN("decide"), .lazy = lazy};
    if (gate_change_begin(t, g, &change) != E_OK)
        return t->err;
    enum err e = decide(t, g, j, lazy, again, out);
    if (e == E_OK && *again) {
        db_end(t, &g->db, E_CONFLICT); /* rolled back: nothing was changed */
        return E_OK;
    }
    if (e == E_OK) {
        change.actor = j->conversation.owner;
        change.object = j->conversation.id;
        change.detail = record(t, g, j, out);
    }
    return gate_change_end(t, g, &change, j->now_ms, e);
}

enum err
propose(struct task *t, struct gate *g, const struct proposal *p, int64_t now_ms, struct verdict *out)
{
    struct auth_approval settled;
    struct judged j = {.p = p, .now_ms = now_ms};
    bool again = false;
    *out = (struct verdict){.decision = DECISION_REFUSE, .reason = "no-decision"};
    if (p->args_hash.n != HASH_BYTES || p->ordinal < 1 || p->ordinal > PROPOSE_CALLS)
        return task_fail(t, E_INVALID, "A proposed call needs its number and the hash of its arguments.");
    /* Effect may have to be asked what became of it: not while others wait for the database. */
    if (p->approval.n > 0 && approval_look(t, g, p->approval, now_ms, &settled) != E_OK)
        return t->err;
    if (run(t, g, &j, true, &again, out) != E_OK)
        return t->err;
    if (again) {
        j = (struct judged){.p = p, .now_ms = now_ms};
        if (run(t, g, &j, false, &again, out) != E_OK)
            return t->err;
        must(!again);
    }
    out->detail = without_secret(t, j.told);
    return out->decision == DECISION_ALLOW ? give_grant(t, g, &j, out) : E_OK;
}

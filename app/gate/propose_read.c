/* propose_read: rows to the conversation, the conversation to a model's provider, and what is not for models. */
#include "base/json.h"
#include "gate/propose_priv.h"
#include "gate/seal.h"

/* The conversation's own database: what is in it came out of the conversation. */
static enum err
judge_own(struct task *t, struct gate *g, struct judged *j)
{
    enum policy_level ceiling;
    struct label sink;
    if (!span_is(j->p->capability, "sql") && !span_is(j->p->capability, "read"))
        return judged_no(j, "no-such-capability");
    if (judged_ceiling(t, g, j, LEVEL_SECRET, &ceiling) != E_OK || j->why)
        return t->err;
    taint_sink_own(ceiling, &sink);
    judged_case(j, &j->state.label, &sink, EFFECT_READ);
    j->sink = SPAN("conversation");
    j->seals = true;
    j->level = j->state.label.level;
    j->detail = task_format(
        t, "{\"level\":%d,\"integrity\":%d,\"labels\":[]}", (int)j->state.label.level, j->state.label.integrity);
    return E_OK;
}

/* A plugin reads for its person, and no further than it declares and an admin lets it. */
static enum policy_level
back_clearance(const struct judged *j, enum policy_level owner)
{
    if (!j->offer)
        return owner;
    if (j->offer->plugin.facts.reads < (int)owner)
        owner = (enum policy_level)j->offer->plugin.facts.reads;
    const struct auth_plugin *row = &j->offer->plugin.row;
    int64_t most = j->state.mode == MODE_PUBLIC && row->public_reads < row->reads ? row->public_reads : row->reads;
    return most < (int64_t)owner ? (enum policy_level)most : owner;
}

/* Rows of a dataset flow into the conversation: all that the follower for the ceiling holds may be among them. */
enum err
judge_query(struct task *t, struct gate *g, struct judged *j)
{
    struct auth_dataset d;
    struct may_object o;
    struct dataset_label l;
    struct label data, sink, held;
    bool back = j->offer != NULL;
    if (span_is(j->p->dataset, PROPOSE_SCRATCH))
        return back ? judged_no(j, "not-in-this-conversation") : judge_own(t, g, j);
    if (back && j->offer->plugin.facts.reads < 0)
        return judged_no(j, "not-declared");
    if (judged_dataset(t, g, j, &d, &o) != E_OK || j->why || label_of_dataset(t, g, &d, &l) != E_OK ||
        judged_ceiling(t, g, j, back_clearance(j, label_clearance(&j->actor, &d, &o)), &j->level) != E_OK || j->why)
        return t->err;
    label_init_dataset(d.name, l.level, l.integrity, &data);
    taint_sink_own(j->level, &sink);
    judged_case(j, &data, &sink, EFFECT_READ);
    label_under(&l, j->level, &held);
    taint_read(&j->after, &held);
    j->sink = SPAN("conversation");
    j->opened = d.name;
    j->seals = true;
    return label_detail(t, &l, SPAN_NONE, &j->detail);
}

/* The whole context flows to the model's provider. The person's own words were declassified for it by sending them. */
enum err
judge_model(struct task *t, struct gate *g, struct judged *j)
{
    struct label sink;
    if (object_model(t, g, j->p->model, &j->told) != E_OK)
        return t->err;
    if (!j->told)
        return judged_no(j, "no-such-model");
    taint_sink_provider(object_clearance(j->told), &sink);
    judged_case(j, &j->state.label, &sink, EFFECT_READ);
    j->sink = SPAN("provider");
    j->level = j->state.label.level;
    if (span_is(json_text(j->told, "api"), "guide"))
        return E_OK; /* it runs inside the agent, and its words are ours */
    taint_reply(&j->after, json_text(j->told, "name"));
    j->seals = true;
    return seal_model_detail(t, j->told, &j->detail);
}

/* Whatever else there is belongs to people. */
enum err
judge_authority(struct task *t, struct gate *g, struct judged *j)
{
    struct label sink;
    (void)t;
    (void)g;
    taint_sink_own(LEVEL_SECRET, &sink);
    judged_case(j, &j->context, &sink, EFFECT_AUTHORITY);
    j->sink = SPAN("deployment");
    return E_OK;
}

/* taint: joins, sinks and the case of a flow. */
#include "policy/taint.h"

#include "policy/words.h"

void
taint_message(enum policy_mode mode, struct label *out)
{
    *out = (struct label){.level = mode == MODE_PUBLIC ? LEVEL_PUBLIC : LEVEL_PRIVATE, .integrity = INTEGRITY_USER};
}

void
taint_context(const struct taint_state *s, struct label *out)
{
    taint_message(s->mode, out);
    label_join(out, &s->label);
}

void
taint_sink_dataset(struct span name, enum policy_level clearance, struct label *out)
{
    *out = (struct label){.level = clearance};
    label_add_category(out, name);
}

void
taint_sink_own(enum policy_level clearance, struct label *out)
{
    *out = (struct label){.level = clearance, .all = true};
}

void
taint_sink_outside(enum policy_level clearance, struct label *out)
{
    *out = (struct label){.level = clearance};
}

void
taint_sink_provider(enum policy_level clearance, struct label *out)
{
    *out = (struct label){.level = clearance, .all = clearance >= LEVEL_PRIVATE};
}

void
taint_sink_conversation(enum policy_mode mode, struct label *out)
{
    taint_sink_own(mode == MODE_PUBLIC ? LEVEL_PUBLIC : LEVEL_SECRET, out);
}

/* A machine's arguments are made of all that is in its context. */
static int
args_integrity(const struct label *data, const struct taint_flow *f)
{
    if (f->proposer == PROPOSER_USER)
        return f->args_integrity;
    return data->integrity > INTEGRITY_MODEL ? data->integrity : INTEGRITY_MODEL;
}

void
taint_case(enum policy_mode mode, const struct label *data, const struct taint_flow *f, struct policy_case *out)
{
    *out = (struct policy_case){
        .proposer = f->proposer,
        .integrity = args_integrity(data, f),
        .level = data->level,
        .dominates = label_covers(f->sink, data),
        .effect = f->effect,
        .clearance = f->sink->level,
        .mode = mode,
        .approval = f->approval,
    };
}

void
taint_read(struct taint_state *s, const struct label *data)
{
    label_join(&s->label, data);
}

void
taint_reply(struct taint_state *s, struct span model)
{
    label_add_source(&s->label, model, INTEGRITY_MODEL);
}

void
taint_external(struct taint_state *s, struct span source)
{
    label_add_source(&s->label, source, INTEGRITY_EXTERNAL);
}

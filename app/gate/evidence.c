/* evidence: the record's JSON of one decision. */
#include "gate/evidence.h"

#include "base/id.h"
#include "base/json.h"
#include "gate/policy_set.h"
#include "policy/words.h"

enum { EVIDENCE_BYTES = 16384, SHORT_BYTES = 200 };

static void
put_word(struct buf *b, const char *key, const char *word)
{
    json_put_key(b, key);
    buf_printf(b, "\"%s\"", word);
}

void
evidence_put_case(struct buf *b, const struct policy_case *c, enum policy_decision decision, const char *reason)
{
    put_word(b, "proposer", policy_proposer_word(c->proposer));
    json_put_key(b, "integrity");
    buf_i64(b, c->integrity);
    put_word(b, "level", policy_level_word(c->level));
    put_word(b, "dominates", c->dominates ? "yes" : "no");
    put_word(b, "effect", policy_effect_word(c->effect));
    put_word(b, "clearance", policy_level_word(c->clearance));
    put_word(b, "mode", policy_mode_word(c->mode));
    put_word(b, "approval", policy_approval_word(c->approval));
    put_word(b, "decision", policy_decision_word(decision));
    put_word(b, "reason", reason);
}

struct span
evidence_hash(struct task *t, const struct gate *g, struct span value)
{
    const struct span keyed[] = {SPAN("evidence"), {(const char *)g->secret, sizeof g->secret}, value};
    struct buf *hex = task_buf(t, HASH_HEX_BYTES);
    struct span h = grant_args_hash(t, keyed, sizeof keyed / sizeof keyed[0]);
    hex_put(hex, h.p, h.n);
    return buf_view(hex);
}

enum err
evidence_of_call(struct task *t, struct gate *g, const struct approval_call *call, enum policy_decision decision,
    const char *reason, struct span approval, struct span *out)
{
    struct policy_set policy;
    struct buf *b = task_buf(t, EVIDENCE_BYTES);
    if (policy_set_read(t, g, &policy) != E_OK)
        return t->err;
    const struct {
        const char *key;
        struct span value;
    } texts[] = {{"kind", span_of(call->kind)}, {"sink", call->sink}, {"dataset", call->dataset},
        {"revision", call->revision}, {"conversation", call->conversation}, {"turn", call->turn},
        {"payload", evidence_hash(t, g, call->args)}, {"effect_digest", call->effect_digest},
        {"proposal", call->proposal}, {"policy", span_of(policy.hash)}, {"approval_id", approval}};
    buf_putc(b, '{');
    evidence_put_case(b, &call->c, decision, reason);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].value.n == 0)
            continue;
        json_put_key(b, texts[i].key);
        json_put_text(b, span_first(texts[i].value, SHORT_BYTES));
    }
    if (call->categories.n > 0) {
        json_put_key(b, "categories");
        buf_span(b, call->categories);
    }
    buf_putc(b, '}');
    *out = buf_view(b);
    return b->failed ? task_fail(t, E_LIMIT, "The record of that decision is too long.") : E_OK;
}

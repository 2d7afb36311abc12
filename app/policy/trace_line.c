/* trace_line: the trace's lines as JSON. */
#include "policy/trace.h"

#include "base/json.h"
#include "policy/table.h"

enum { NAME_BYTES = 1000 };

/* A text member; absent: empty, unless it is wanted. */
static enum err
read_name(struct task *t, const json_t *j, const char *name, bool wanted, struct span *out)
{
    const json_t *v = json_object_get(j, name);
    *out = json_text(j, name);
    if (v && !json_is_string(v))
        return task_fail(t, E_INVALID, "\"%s\" must be text.", name);
    if (wanted && out->n == 0)
        return task_fail(t, E_INVALID, "\"%s\" is missing.", name);
    if (out->n > NAME_BYTES)
        return task_fail(t, E_LIMIT, "\"%s\" is longer than %d bytes.", name, NAME_BYTES);
    return E_OK;
}

static enum err
put_answer(const struct trace_answer *a, struct buf *out)
{
    buf_printf(out,
        "{\"n\":%lld,\"decision\":\"%s\",\"reason\":\"%s\",\"level\":\"%s\",\"categories\":", (long long)a->n,
        policy_decision_word(a->decision), a->reason, policy_level_word(a->label.level));
    label_json_categories(out, &a->label);
    buf_printf(out, ",\"integrity\":%d}\n", a->label.integrity);
    return E_OK;
}

static enum err
play_conversation(struct task *t, struct trace *tr, const json_t *j, struct buf *out)
{
    int mode;
    (void)out;
    if (policy_member_read(t, j, "mode", WORDS_MODE, -1, &mode) != E_OK)
        return t->err;
    trace_conversation(tr, (enum policy_mode)mode);
    return E_OK;
}

/* What is not said of a dataset is as for new ones: private, and from outside. */
static enum err
play_attach(struct task *t, struct trace *tr, const json_t *j, struct buf *out)
{
    struct span name;
    int level, integrity;
    (void)out;
    if (read_name(t, j, "dataset", true, &name) != E_OK ||
        policy_member_read(t, j, "level", WORDS_LEVEL, LEVEL_PRIVATE, &level) != E_OK ||
        policy_member_read(t, j, "integrity", WORDS_INTEGRITY, INTEGRITY_EXTERNAL, &integrity) != E_OK)
        return t->err;
    return trace_attach(t, tr, name, (enum policy_level)level, integrity);
}

static enum err
play_read(struct task *t, struct trace *tr, const json_t *j, struct buf *out)
{
    struct span name;
    struct trace_answer a;
    if (read_name(t, j, "dataset", true, &name) != E_OK || trace_read(t, tr, name, &a) != E_OK)
        return t->err;
    return put_answer(&a, out);
}

static enum err
play_call(struct task *t, struct trace *tr, const json_t *j, struct buf *out)
{
    struct trace_call call;
    struct trace_answer a;
    int proposer, effect, clearance, integrity;
    if (policy_member_read(t, j, "proposer", WORDS_PROPOSER, -1, &proposer) != E_OK ||
        policy_member_read(t, j, "effect", WORDS_EFFECT, -1, &effect) != E_OK ||
        policy_member_read(t, j, "clearance", WORDS_LEVEL, -1, &clearance) != E_OK ||
        policy_member_read(t, j, "integrity", WORDS_INTEGRITY, INTEGRITY_USER, &integrity) != E_OK ||
        read_name(t, j, "tool", false, &call.tool) != E_OK || read_name(t, j, "sink", false, &call.sink) != E_OK)
        return t->err;
    call.proposer = (enum policy_proposer)proposer;
    call.effect = (enum policy_effect)effect;
    call.clearance = (enum policy_level)clearance;
    call.args_integrity = integrity;
    const json_t *args = json_object_get(j, "args");
    call.args = args ? json_dump(t, args) : SPAN_NONE;
    return trace_flow(t, tr, &call, &a) == E_OK ? put_answer(&a, out) : t->err;
}

/* An approval of something that waits for none is no answer to anybody: it has no effect, and the trace goes on. */
static enum err
play_approve(struct task *t, struct trace *tr, const json_t *j, struct buf *out)
{
    (void)out;
    const json_t *n = json_object_get(j, "n");
    if (!json_is_integer(n))
        return task_fail(t, E_INVALID, "\"n\" must be the number of a call.");
    if (trace_approve(t, tr, json_integer_value(n)) == E_NOTFOUND)
        task_clear_error(t);
    return t->err;
}

static const struct {
    const char *word;
    enum err (*play)(struct task *t, struct trace *tr, const json_t *j, struct buf *out);
} ops[] = {
    {"conversation", play_conversation},
    {"attach", play_attach},
    {"read", play_read},
    {"call", play_call},
    {"approve", play_approve},
};

enum err
trace_line(struct task *t, struct trace *tr, struct span line, struct buf *out)
{
    json_t *j = NULL;
    if (json_read(t, line, &j) != E_OK)
        return t->err;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (span_is(json_text(j, "op"), ops[i].word))
            return ops[i].play(t, tr, j, out);
    return task_fail(t, E_INVALID, "\"op\" must be one of conversation, attach, read, call or approve.");
}

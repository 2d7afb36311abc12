/* approval_run: what happens after a person's yes: once, and on record whatever dies in between. */
#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "gate/act.h"
#include "gate/approval_priv.h"
#include "wire/sock.h"

enum { NUDGE_MS = 1000, NUDGE_BYTES = 256, SENTENCE_BYTES = 400 };
/* Past this no process of ours still carries it out: gate's request has ended, and effect is asked what became of it.
 */
static const int64_t EXECUTION_MS = 90 * 1000;

void
approval_nudge(const struct auth_approval *a)
{
    static const char *const paths[] = {"run/agent-public-nudge.sock", "run/agent-private-nudge.sock"};
    if (a->turn.n == 0)
        return;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct task t;
        struct frame reply;
        if ((i == 0) != (a->mode == MODE_PUBLIC) && a->mode != MODE_STRICT)
            continue;
        task_begin(&t, NUDGE_MS);
        struct buf *b = task_buf(&t, NUDGE_BYTES);
        frame_end(b, frame_begin(b, "nudge"));
        if (sock_call(&t, conf_path(&t, paths[i]), "agent", buf_view(b), NUDGE_BYTES, &reply) != E_OK)
            log_line(&t, "nudge: %s", t.cause); /* it looks by itself each second */
        task_end(&t);
    }
}

static enum err
note_end(struct task *t, struct gate *g, struct auth_approval *a, const char *state, const char *why, int64_t now_ms)
{
    struct approval_scope s;
    bool won = false;
    if (approval_begin(t, g, &s) != E_OK)
        return t->err;
    enum err e = auth_approval_outcome(t, &g->db, a->id, state, why, a->outcome, now_ms, &won);
    if (e == E_OK && won) {
        a->state = span_of(state);
        a->why = span_of(why);
        a->ended_ms = now_ms;
        e = approval_note(t, g, a, state, why, now_ms);
    }
    return approval_end(t, g, &s, e);
}

/* The sentence of a failure is for the person; its fixed word is for the model. */
static struct span
failure_json(struct task *t)
{
    struct buf *b = task_buf(t, SENTENCE_BYTES * 8);
    buf_puts(b, "{\"message\":");
    json_put_text(b, span_first(span_of(t->cause), SENTENCE_BYTES));
    buf_putc(b, '}');
    return buf_view(b);
}

/* May the call have taken effect although it failed here? Then its state stays "consumed" until effect tells. */
static bool
is_unknown(enum err e)
{
    return e == E_UNAVAILABLE || e == E_DEADLINE || e == E_INTERNAL;
}

enum err
approval_execute(struct task *t, struct gate *g, struct auth_approval *a, int64_t now_ms)
{
    json_t *outcome = NULL;
    enum err e = act_run(t, g, a, now_ms, &outcome);
    if (e == E_OK) {
        a->outcome = outcome ? json_dump(t, outcome) : SPAN("{}");
        return note_end(t, g, a, "done", "", now_ms);
    }
    log_line(t, "approval %.*s: %s", SPAN_ARG(a->id), err_word(t->err));
    a->outcome = failure_json(t);
    task_clear_error(t);
    if (is_unknown(e) && act_can_tell(a))
        return E_OK;
    return note_end(t, g, a, "failed", e == E_CONFLICT ? "conflict" : err_word(e), now_ms);
}

enum err
approval_recover(struct task *t, struct gate *g, struct auth_approval *a, int64_t now_ms)
{
    json_t *outcome = NULL;
    if (!span_is(a->state, "consumed") || !approval_is_ours(a) ||
        (a->consumed_ms >= g->started_ms && now_ms < a->consumed_ms + EXECUTION_MS))
        return E_OK;
    enum err e = act_can_tell(a) ? act_tell(t, g, a, now_ms, &outcome) : E_NOTFOUND;
    if (e == E_OK) {
        a->outcome = outcome ? json_dump(t, outcome) : SPAN("{}");
        return note_end(t, g, a, "done", "", now_ms);
    }
    if (act_can_tell(a)) {
        log_line(t, "approval %.*s: %s", SPAN_ARG(a->id), err_word(t->err));
        task_clear_error(t);
    }
    return e == E_NOTFOUND ? note_end(t, g, a, "lost", "lost", now_ms) : E_OK;
}

/* Effect may hang: a list does not wait for it long. */
enum err
approval_settle(struct task *t, struct gate *g, struct span user, int64_t now_ms)
{
    static const int64_t SETTLE_MS = 3000;
    struct auth_approval *a = NULL;
    size_t n = 0;
    int64_t until = t->deadline_ms, soon = clock_mono_ms() + SETTLE_MS;
    if (auth_approval_unended(t, &g->db, user, &a, &n) != E_OK)
        return t->err;
    t->deadline_ms = until == 0 || until > soon ? soon : until;
    for (size_t i = 0; i < n && t->err == E_OK; i++)
        approval_recover(t, g, &a[i], now_ms);
    t->deadline_ms = until;
    return t->err;
}

static const struct {
    const char *state, *code;
} codes[] = {
    {"pending", "pending"},
    {"approved", "approved"},
    {"consumed", "running"},
    {"done", "done"},
    {"lost", "lost"},
    {"declined", "declined"},
    {"expired", "expired"},
    {"void", "void"},
};

/* Numbers, truths and ids of ours; no text that data could have made. */
static void
copy_facts(struct task *t, json_t *to, struct span text)
{
    json_t *from = NULL, *value;
    const char *key;
    if (json_read(t, text, &from) != E_OK) {
        task_clear_error(t);
        return;
    }
    json_object_foreach(from, key, value)
    {
        struct span s = span_of(json_string_value(value));
        bool ours = s.n > 2 && id_is(s, s.p[0]);
        if (json_is_integer(value) || json_is_boolean(value) || ours)
            json_object_set(to, key, value);
    }
}

json_t *
approval_facts(struct task *t, const struct auth_approval *a)
{
    json_t *out = task_json(t, json_object());
    copy_facts(t, out, span_is(a->state, "done") ? a->outcome : a->facts);
    return out;
}

json_t *
approval_outcome(struct task *t, const struct auth_approval *a)
{
    json_t *out = task_json(t, json_object());
    const char *code = span_is(a->why, "conflict") ? "conflict" : "failed";
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (span_is(a->state, codes[i].state))
            code = codes[i].code;
    json_object_set_new(out, "state", json_stringn(a->state.p, a->state.n));
    json_object_set_new(out, "code", json_string(code));
    json_object_set_new(out, "kind", json_stringn(a->kind.p, a->kind.n));
    if (span_is(a->state, "done"))
        copy_facts(t, out, a->outcome);
    return out;
}

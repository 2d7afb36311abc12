/* talk: conversations over datasets of all levels, and what is proposed in them. */
#ifndef TESTS_GATE_TALK_H
#define TESTS_GATE_TALK_H

#include "gate/label.h"
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct talk {
    struct span session, visitor, conversation, turn, ticket, mode;
    int64_t ordinal;
};

static inline enum err
start(struct rig *r, struct talk *k, const char *datasets, bool private_chat)
{
    struct span flag = private_chat ? ((struct span){"\1\0\0\0\0\0\0\0", 8}) : ((struct span){"\0\0\0\0\0\0\0\0", 8});
    if (ASK(r, "web", "conversation.start", SPAN("session"), k->session, SPAN("visitor"), k->visitor, SPAN("datasets"),
            span_of(datasets), SPAN("private"), flag) != E_OK)
        return r->code;
    k->conversation = rig_get(r, "conversation");
    k->turn = rig_get(r, "turn");
    k->ticket = rig_get(r, "ticket");
    k->mode = rig_get(r, "mode");
    k->ordinal = 0;
    return E_OK;
}

struct wish {
    const char *audience, *capability, *dataset, *model;
    struct span hash, body, receipt, approval;
};

static inline enum err
propose(struct rig *r, struct talk *k, const struct wish *w)
{
    struct buf *n = task_buf(&r->t, 8);
    buf_u64le(n, (uint64_t)++k->ordinal);
    struct span hash = w->hash.n > 0 ? w->hash : SPAN("0123456789abcdef0123456789abcdef");
    return ASK(r, span_is(k->mode, "private") ? "agentpriv" : "agentpub", "propose", SPAN("ticket"), k->ticket,
        SPAN("ordinal"), buf_view(n), SPAN("audience"), span_of(w->audience), SPAN("capability"),
        span_of(w->capability), SPAN("dataset"), span_of(w->dataset), SPAN("model"), span_of(w->model),
        SPAN("args_hash"), hash, SPAN("body"), w->body, SPAN("receipt"), w->receipt, SPAN("approval"), w->approval);
}

static inline bool
said(const struct rig *r, const char *decision, const char *reason)
{
    bool ok = span_is(rig_get(r, "decision"), decision) && span_is(rig_get(r, "reason"), reason);
    if (!ok)
        print_error("%.*s %.*s, %s %.*s\n", SPAN_ARG(rig_get(r, "decision")), SPAN_ARG(rig_get(r, "reason")),
            err_word(r->code), SPAN_ARG(rig_get(r, "message")));
    return ok;
}

static inline bool
is(struct rig *r, struct talk *k, const struct wish *w, const char *decision, const char *reason)
{
    return propose(r, k, w) == E_OK && said(r, decision, reason);
}

/* Reads by a model. */
static inline bool
reads(struct rig *r, struct talk *k, const char *dataset, const char *model, const char *decision, const char *reason)
{
    const struct wish w = {"query", "sql", dataset, model, SPAN_NONE, SPAN_NONE, SPAN_NONE, SPAN_NONE};
    return is(r, k, &w, decision, reason);
}

static inline bool
asks_model(struct rig *r, struct talk *k, const char *model, const char *decision, const char *reason)
{
    const struct wish w = {"egress", "llm", "", model, SPAN_NONE, SPAN_NONE, SPAN_NONE, SPAN_NONE};
    return is(r, k, &w, decision, reason);
}

#define ALLOWED "ALLOW", "read-within-clearance"
#define ABOVE "REFUSE", "above-clearance"

/* An own gesture's answer. */
static inline json_t *
own(struct rig *r, struct span session, const char *operation, const char *in)
{
    json_t *j = NULL;
    if (ASK(r, "web", "own", SPAN("session"), session, SPAN("operation"), span_of(operation), SPAN("in"),
            span_of(in)) != E_OK)
        return NULL;
    struct span body = rig_get(r, "body");
    if (body.n > 0)
        assert_int_equal(json_read(&r->t, body, &j), E_OK);
    return j;
}

static inline json_t *
as_operator(struct rig *r, const char *operation, const char *in)
{
    json_t *j = NULL;
    if (ASK(r, "operator", "own", OPERATOR, SPAN("operation"), span_of(operation), SPAN("in"), span_of(in)) != E_OK)
        return NULL;
    struct span body = rig_get(r, "body");
    if (body.n > 0)
        assert_int_equal(json_read(&r->t, body, &j), E_OK);
    return j;
}

/* The files were made anew, says effect. */
static inline void
rebuilt(struct rig *r, const char *name)
{
    struct auth_dataset d;
    assert_int_equal(auth_dataset_find(&r->t, &r->g.db, span_of(name), &d), E_OK);
    d.stale = false;
    assert_int_equal(auth_dataset_label(&r->t, &r->g.db, &d, 2), E_OK);
}

static inline struct taint
taint_of(struct rig *r, const struct talk *k)
{
    struct taint taint;
    assert_int_equal(label_taint(&r->t, &r->g, k->conversation, &taint), E_OK);
    return taint;
}

static inline struct grant
granted(struct rig *r, const char *audience)
{
    struct grant g = {0};
    assert_int_equal(grant_open(&r->t, r->g.key, rig_get(r, "grant"), audience, clock_unix_ms(), &g), E_OK);
    return g;
}

/* ann owns desk, vault (private), mixed (public, with a private column and a secret table), open; bob is a member. */
static struct span ann, bob;

static inline int
world(void **state)
{
    if (rig_up(state) != 0)
        return -1;
    struct rig *r = *state;
    static const char *const names[][2] = {
        {"desk", "private"}, {"vault", "private"}, {"mixed", "public"}, {"open", "public"}, {"team", "members"}};
    struct span user = rig_user(r, "ann", "member");
    rig_user(r, "bob", "member");
    ann = rig_session(r, "ann");
    bob = rig_session(r, "bob");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        rig_dataset(r, names[i][0], names[i][1], user);
    as_operator(r, "label.set", "{\"dataset\":\"mixed\",\"labels\":[[\"notes\",\"secret\",2],[\"people\",\"\",3]]}");
    if (r->code != E_OK)
        print_error("%.*s\n", SPAN_ARG(rig_get(r, "message")));
    rebuilt(r, "mixed");
    rig_admin(r, "model.set",
        "{\"name\":\"far\",\"api\":\"openai-chat\",\"url\":\"https://api.example.org/v1\",\"model\":\"m\"}");
    rig_admin(r, "model.set",
        "{\"name\":\"near\",\"api\":\"openai-chat\",\"url\":\"http://127.0.0.1:9/v1\",\"model\":\"m\"}");
    return r->code == E_OK ? 0 : -1;
}

#endif

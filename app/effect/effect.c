/* effect: the service: who may ask for what, and the answer. */
#include "effect/effect.h"

#include "effect/call.h"
#include "effect/change_clean.h"
#include "effect/follower.h"
#include "effect/scratch.h"
#include "effect/wire.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "policy/grant.h"
#include "sandbox/callers.h"
#include "sandbox/peer.h"
#include "wire/sock.h"

#include <string.h>
#include <unistd.h>

enum { REQUEST_MS = 10000, TALK_MS = 5000, OVERTIME_MS = 10000, NAME_BYTES = 63 };
#define UNKNOWN "The publishing service does not know this request."

static unsigned char own_key[GRANT_SECRET_BYTES];

struct span
call_seal(struct task *t, struct grant *g)
{
    return grant_seal(t, own_key, g);
}

enum err
effect_start(struct task *t)
{
    struct db ledger;
    if (grant_key_own(t, "leaders", "effect", own_key) != E_OK || ledger_open(t, &ledger) != E_OK)
        return t->err;
    enum err e = follower_clean(t, &ledger);
    change_clean(t, &ledger);
    scratch_clean(t);
    db_close(&ledger);
    return e;
}

/* Who may ask for what; the roles of a single user are all one (sandbox/peer.h). */
static const char *const publishers[] = {"operator", "web", NULL};
static const char *const labellers[] = {"operator", "web", "gate", NULL};
static const char *const writers[] = {"agentpub", "agentpriv", "web", NULL};
static const char *const agents[] = {"agentpub", "agentpriv", NULL};
static const char *const gate_alone[] = {"gate", NULL};
static const char *const droppers[] = {"web", "gate", NULL};
enum { NAMES_DATASET = 1, MAY_NAME_DATASET = 2 };

static const struct kind {
    const char *kind;
    call_fn *fn;
    const char *const *roles;
    unsigned about;
    bool tries; /* at effect-try.sock too: what agents may ask for */
} kinds[] = {
    {"publish", serve_publish, publishers, NAMES_DATASET, false},
    {"rollback", serve_rollback, labellers, NAMES_DATASET, false},
    {"unpublish", serve_unpublish, publishers, NAMES_DATASET, false},
    {"relabel", serve_relabel, labellers, NAMES_DATASET, false},
    {"release", serve_release, gate_alone, NAMES_DATASET, false},
    {"dryrun", serve_dryrun, writers, NAMES_DATASET, true},
    {"diff", serve_diff, gate_alone, 0, false},
    {"apply", serve_apply, gate_alone, NAMES_DATASET, false},
    {"status", serve_status, gate_alone, 0, false},
    {"undo", serve_undo, gate_alone, NAMES_DATASET, false},
    {"changes", serve_changes, gate_alone, NAMES_DATASET, false},
    {"scratch", serve_scratch, agents, MAY_NAME_DATASET, true},
    {"scratch.drop", serve_scratch_drop, droppers, 0, false},
};

static bool
is_name(struct span s)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    if (s.n == 0 || s.n > NAME_BYTES || s.p[0] < 'a' || s.p[0] > 'z')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!memchr(legal, s.p[i], sizeof legal - 1))
            return false;
    return true;
}

static enum err
check_dataset(struct task *t, struct call *c, unsigned about)
{
    if (about == 0)
        return E_OK;
    c->dataset = frame_get(&c->request, "dataset");
    if (is_name(c->dataset) || (c->dataset.n == 0 && about == MAY_NAME_DATASET))
        return E_OK;
    return task_fail(t, E_INVALID,
        "A dataset's name has small letters, digits, - and _, begins with a letter, and is at "
        "most %d characters long.",
        NAME_BYTES);
}

static const struct kind *
find_kind(const struct frame *request, bool tries)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (frame_is(request, kinds[i].kind) && (kinds[i].tries || !tries))
            return &kinds[i];
    return NULL;
}

/* Who asks is known before anything of theirs is read. Agents have a door of their own: one that was taken over keeps
 * no worker of this one waiting for its words. */
static enum err
receive(struct task *t, struct call *c, const struct kind **out)
{
    static const char *const trusted[] = {"operator", "web", "gate", NULL};
    struct buf *in = task_buf(t, EFFECT_REQUEST_BYTES + 65536 + 4);
    if (peer_check(t, c->fd, trusted) != E_OK ||
        sock_recv(t, c->fd, in, EFFECT_REQUEST_BYTES, &c->request, &c->upload) != E_OK)
        return t->err;
    *out = find_kind(&c->request, false);
    if (!*out)
        return task_fail(t, E_INVALID, UNKNOWN);
    return peer_check(t, c->fd, (*out)->roles) == E_OK ? check_dataset(t, c, (*out)->about) : t->err;
}

/* An error frame, with the fixed word beside the sentence. */
static void
put_failure(const struct task *t, struct call *c)
{
    size_t mark = frame_begin(c->reply, "error");
    frame_put_z(c->reply, "code", err_word(t->err));
    frame_put_z(c->reply, "message", t->cause);
    if (c->word[0])
        frame_put_z(c->reply, "word", c->word);
    frame_end(c->reply, mark);
}

/* The reply, whatever came of it. */
static void
end_reply(struct task *t, struct call *c, size_t mark)
{
    if (t->err == E_OK)
        frame_end(c->reply, mark);
    else
        buf_clear(c->reply);
    if (t->err == E_OK && c->reply->failed)
        task_fail(t, E_LIMIT, "It was done, but the report is too long to be sent.");
    if (t->err != E_OK) {
        buf_clear(c->reply);
        c->reply->failed = false;
        put_failure(t, c);
    }
}

/* On time of its own. */
static void
answer(struct task *t, struct call *c, size_t mark)
{
    struct task last;
    end_reply(t, c, mark);
    task_begin(&last, REQUEST_MS);
    if (sock_send(&last, c->fd, buf_view(c->reply)) != E_OK)
        log_line(t, "the caller left before its answer");
    task_end(&last);
}

static void
tidy(struct task *t, struct call *c)
{
    change_clean(t, &c->ledger);
    if (follower_prune(t, &c->ledger, c->dataset) != E_OK)
        log_line(t, "old revisions were not removed: %s", t->cause);
}

void
effect_serve(int fd)
{
    struct task t;
    struct call c = {.fd = fd, .upload = -1};
    const struct kind *kind = NULL;
    task_begin(&t, REQUEST_MS);
    c.reply = task_buf(&t, EFFECT_REPLY_BYTES);
    size_t mark = frame_begin(c.reply, "ok");
    if (receive(&t, &c, &kind) == E_OK) {
        t.deadline_ms = clock_mono_ms() + conf_int("limits.import_ms");
        if (ledger_open(&t, &c.ledger) == E_OK)
            kind->fn(&t, &c);
    }
    answer(&t, &c, mark);
    if (c.upload >= 0)
        close(c.upload);
    close(fd);
    /* Removing an old revision of a gigabyte takes its time: nobody waits for it now. */
    if (t.err == E_OK && kind->about == NAMES_DATASET)
        tidy(&t, &c);
    db_close(&c.ledger);
    task_end(&t);
}

static bool
is_among(const char *const *roles, const char *role)
{
    if (!role || strcmp(role, "any") == 0)
        return role != NULL;
    while (*roles && strcmp(*roles, role) != 0)
        roles++;
    return *roles != NULL;
}

static enum err
try_it(struct task *t, struct call *c, const char *role)
{
    const struct kind *kind = find_kind(&c->request, true);
    if (!kind)
        return task_fail(t, E_INVALID, UNKNOWN);
    if (!is_among(kind->roles, role))
        return task_fail(t, E_DENIED, "This program may not ask the publishing service for that.");
    if (check_dataset(t, c, kind->about) != E_OK || ledger_open(t, &c->ledger) != E_OK)
        return t->err;
    change_clean(t, &c->ledger);
    return kind->fn(t, c);
}

static void
answer_try(
    struct task *t, const struct callers *callers, const char *role, const struct frame *request, struct buf *reply)
{
    int64_t most = conf_int("limits.import_ms");
    struct call c = {.fd = -1, .upload = -1, .request = *request, .reply = reply};
    size_t mark = frame_begin(reply, "ok");
    prefork_busy(callers->slot, most + OVERTIME_MS);
    t->deadline_ms = clock_mono_ms() + most;
    try_it(t, &c, role);
    end_reply(t, &c, mark);
    db_close(&c.ledger);
    prefork_idle(callers->slot);
}

int
effect_try_serve(int listener, struct prefork_slot *slot)
{
    const struct callers c = {.listener = listener,
        .roles = writers,
        .request_bytes = EFFECT_REQUEST_BYTES,
        .reply_bytes = EFFECT_REPLY_BYTES,
        .request_ms = TALK_MS,
        .reply_ms = TALK_MS,
        .answer = answer_try,
        .slot = slot};
    return callers_serve(&c);
}

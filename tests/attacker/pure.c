/* attack_pure: random conversations against the pure policy, steered towards cells that were seldom hit, each step
 * judged by the oracle. attack_pure N [--seed S] [--plant NAME] [--plants] Prints coverage and counts; a violation is
 * printed with its trace as JSON lines for `lyceum policy trace`, exit 1.
 * --plant: attacks a policy with that bug; --plants: all of them, and succeeds when each one is found. */
#include "base/clock.h"
#include "base/id.h"
#include "oracle.h"
#include "plant.h"
#include "policy/words.h"

#include <stdio.h>
#include <string.h>

enum { OPS = 24, OP_BYTES = 6, CELLS = 4 * 2 * 5 * 3, PLANT_TRACES = 20000, MUST_COVER = 20000 };

/* A trace as an attacker keeps it: bytes that mean something whatever they are. */
struct seed {
    unsigned char mode;
    unsigned char n;
    unsigned char op[OPS][OP_BYTES];
};
struct attack {
    trace_rule *rule;
    uint64_t random;
    long hits[CELLS];
    bool reachable[CELLS];
    struct seed best[CELLS]; /* the latest trace that hit the cell */
    struct oracle oracle;
    const char *broken;
};
/* One trace on its way. */
struct play {
    struct attack *at;
    const struct seed *seed;
    struct task *t;
    struct trace *trace;
    struct buf *story;
    int64_t n, last_asked;
    struct oracle_call last; /* that was asked about */
};

static const char *const names[ORACLE_DATASETS] = {"alpha", "beta", "gamma", "delta"};

/* splitmix64: public domain, S. Vigna. */
static uint64_t
next_random(struct attack *at)
{
    uint64_t z = at->random += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static unsigned
random_below(struct attack *at, unsigned n)
{
    return (unsigned)(next_random(at) % n);
}

static int
cell_of(const struct policy_case *c, enum policy_decision d)
{
    return (((int)c->level * 2 + c->dominates) * 5 + (int)c->effect) * 3 + (int)d;
}

static void
mark(struct attack *at, struct policy_case c)
{
    const char *reason;
    for (int proposer = 0; proposer <= PROPOSER_PLUGIN; proposer++) {
        for (int bits = 0; bits < 2 * 2 * 4; bits++) {
            c.proposer = (enum policy_proposer)proposer;
            c.integrity = bits & 1 ? INTEGRITY_EXTERNAL : INTEGRITY_USER;
            c.approval = bits & 2 ? APPROVAL_APPROVED : APPROVAL_NONE;
            c.clearance = (enum policy_level)(bits >> 2);
            at->reachable[cell_of(&c, policy_decide(&c, &reason))] = true;
        }
    }
}

/* What a conversation can bring about at all: in public mode nothing but refused reads is above public; in the others
 * the person's message already is private. */
static void
mark_reachable(struct attack *at)
{
    for (int effect = EFFECT_READ; effect <= EFFECT_AUTHORITY; effect++) {
        struct policy_case c = {.dominates = true, .effect = (enum policy_effect)effect, .mode = MODE_PUBLIC};
        mark(at, c);
        for (int i = 0; i < 8; i++) {
            c.level = i & 1 ? LEVEL_PRIVATE : LEVEL_SECRET;
            c.dominates = (i & 2) != 0;
            c.mode = i & 4 ? MODE_PRIVATE : MODE_STRICT;
            mark(at, c);
        }
    }
    for (int level = LEVEL_ORG; level <= LEVEL_SECRET; level++) {
        const struct policy_case c = {.level = (enum policy_level)level, .dominates = true};
        at->reachable[cell_of(&c, DECISION_REFUSE)] = true;
    }
}

static void
hit(struct play *p, const struct trace_answer *a)
{
    int cell = cell_of(&a->judged, a->decision);
    p->at->hits[cell]++;
    p->at->best[cell] = *p->seed;
}

static void
play_conversation(struct play *p, unsigned mode)
{
    enum policy_mode m = (enum policy_mode)(mode % 3);
    trace_conversation(p->trace, m);
    oracle_conversation(&p->at->oracle, m); /* what was asked before stays in mind: it must be worth nothing here */
    buf_printf(p->story, "{\"op\":\"conversation\",\"mode\":\"%s\"}\n", policy_mode_word(m));
}

static void
play_attach(struct play *p, const unsigned char *b)
{
    int d = b[1] % ORACLE_DATASETS, integrity = b[3] % 5;
    enum policy_level level = (enum policy_level)(b[2] % 4);
    /* A dataset's label does not change while a conversation has read it: gate ends such a conversation's approvals. */
    if (p->at->oracle.knows & (1U << d))
        return;
    trace_attach(p->t, p->trace, span_of(names[d]), level, integrity);
    oracle_attach(&p->at->oracle, d, level, integrity);
    buf_printf(p->story, "{\"op\":\"attach\",\"dataset\":\"%s\",\"level\":\"%s\",\"integrity\":%d}\n", names[d],
        policy_level_word(level), integrity);
}

static const char *
play_read(struct play *p, const unsigned char *b)
{
    struct trace_answer a;
    int d = b[1] % ORACLE_DATASETS;
    buf_printf(p->story, "{\"op\":\"read\",\"dataset\":\"%s\"}\n", names[d]);
    trace_read(p->t, p->trace, span_of(names[d]), &a);
    bool attached = p->at->oracle.attached[d];
    const char *broken = oracle_read(&p->at->oracle, d, &a);
    if (attached)
        hit(p, &a);
    return broken;
}

static void
call_from(const unsigned char *b, struct oracle_call *out)
{
    *out = (struct oracle_call){0};
    static const char *const sinks[] = {"", "conversation", "evil.example", "provider"};
    static const char *const tools[] = {"write_sql", "fetch_url", "send", "scratch"};
    static const char *const args[] = {"a", "b", "c"};
    unsigned sink = b[3] % 8;
    out->call = (struct trace_call){
        .proposer = (enum policy_proposer)(b[1] % 3),
        .effect = (enum policy_effect)(b[2] % 5),
        .clearance = (enum policy_level)(b[4] % 4),
        .args_integrity = b[1] >= 192 ? b[5] % 5 : 1,
        .tool = span_of(tools[(b[5] >> 2) % 4]),
        .sink = span_of(sink < ORACLE_DATASETS ? names[sink] : sinks[sink - ORACLE_DATASETS]),
        .args = span_of(args[b[5] % 3]),
    };
}

/* What the sink is at this moment: a name is that of a dataset only once that is attached. */
static void
resolve(const struct play *p, struct oracle_call *c)
{
    c->sink = c->call.sink.n == 0 || span_is(c->call.sink, "conversation") ? SINK_OWN : SINK_OTHER;
    for (int d = 0; d < ORACLE_DATASETS; d++) {
        if (p->at->oracle.attached[d] && span_is(c->call.sink, names[d])) {
            c->sink = SINK_DATASET;
            c->dataset = d;
        }
    }
}

static void
tell_call(struct play *p, const struct trace_call *c)
{
    buf_printf(p->story,
        "{\"op\":\"call\",\"proposer\":\"%s\",\"tool\":\"%s\",\"effect\":\"%s\",\"sink\":\"%s\",\"clearance\":\"%s\","
        "\"args\":\"%s\",\"integrity\":%d}\n",
        policy_proposer_word(c->proposer), c->tool.p, policy_effect_word(c->effect), c->sink.p,
        policy_level_word(c->clearance), c->args.p, c->args_integrity);
}

/* One field of an asked call is changed, or none: what an approval must notice. */
static void
vary(const unsigned char *b, struct oracle_call *c)
{
    struct oracle_call other;
    call_from(b, &other);
    switch (b[0] >> 5) {
    case 0: c->call.args = other.call.args; break;
    case 1: c->call.tool = other.call.tool; break;
    case 2: c->call.proposer = other.call.proposer; break;
    case 3: c->call.clearance = other.call.clearance; break;
    default: break;
    }
}

static const char *
play_call(struct play *p, const unsigned char *b, bool again)
{
    struct oracle_call c = p->last;
    struct trace_answer a;
    if (again && p->last_asked > 0)
        vary(b, &c);
    else
        call_from(b, &c);
    resolve(p, &c);
    tell_call(p, &c.call);
    trace_flow(p->t, p->trace, &c.call, &a);
    hit(p, &a);
    if (a.decision == DECISION_ASK) {
        p->last = c;
        p->last_asked = a.n;
    }
    return oracle_call(&p->at->oracle, &c, &a);
}

static void
play_approve(struct play *p, const unsigned char *b)
{
    int64_t n = b[1] < 200 ? p->last_asked : b[1] % 16;
    buf_printf(p->story, "{\"op\":\"approve\",\"n\":%d}\n", (int)n);
    if (trace_approve(p->t, p->trace, n) == E_OK)
        oracle_approve(&p->at->oracle, n);
    task_clear_error(p->t);
}

static const char *
play_op(struct play *p, const unsigned char *b)
{
    unsigned kind = b[0] % 32;
    if (kind == 0)
        return play_conversation(p, b[1]), NULL;
    if (kind < 5)
        return play_attach(p, b), NULL;
    if (kind < 11)
        return play_read(p, b);
    if (kind < 15)
        return play_approve(p, b), NULL;
    return play_call(p, b, kind < 21);
}

/* Plays one trace; what was broken, or NULL. */
static const char *
play_seed(struct attack *at, const struct seed *s, bool tell)
{
    struct task t;
    const char *broken = NULL;
    task_begin(&t, 0);
    struct play p = {.at = at, .seed = s, .t = &t, .trace = trace_open(&t, at->rule), .story = task_buf(&t, 1 << 16)};
    play_conversation(&p, s->mode);
    for (size_t i = 0; i < s->n && !broken; i++)
        broken = play_op(&p, s->op[i]);
    if (tell)
        printf("%s", buf_z(p.story));
    task_end(&t);
    return broken;
}

static void
fill(struct attack *at, void *to, size_t n)
{
    unsigned char *p = to;
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)next_random(at);
}

/* The rarest of a few cells that are known how to reach. */
static int
rare_cell(struct attack *at)
{
    int rarest = -1;
    for (int i = 0; i < 4; i++) {
        int cell = (int)random_below(at, CELLS);
        if (at->hits[cell] > 0 && (rarest < 0 || at->hits[cell] < at->hits[rarest]))
            rarest = cell;
    }
    return rarest;
}

/* Half of the traces are fresh; the others are such as reached a rare cell, changed a little or grown. */
static void
breed(struct attack *at, struct seed *s)
{
    int cell = random_below(at, 2) ? rare_cell(at) : -1;
    if (cell < 0) {
        fill(at, s, sizeof *s);
        s->n = (unsigned char)(6 + s->n % (OPS - 5));
        return;
    }
    *s = at->best[cell];
    for (unsigned i = 1 + random_below(at, 3); i > 0; i--)
        s->op[random_below(at, s->n)][random_below(at, OP_BYTES)] = (unsigned char)next_random(at);
    if (s->n < OPS && random_below(at, 4) == 0)
        fill(at, s->op[s->n++], OP_BYTES);
}

/* Plays up to n traces; the number played, with at->broken set when the last one broke the promise. */
static long
attack(struct attack *at, long n, struct seed *last)
{
    for (long i = 0; i < n; i++) {
        breed(at, last);
        at->broken = play_seed(at, last, false);
        if (at->broken)
            return i + 1;
    }
    return n;
}

static void
begin(struct attack *at, trace_rule *rule, uint64_t seed)
{
    *at = (struct attack){.rule = rule, .random = seed};
    mark_reachable(at);
}

static int
report(const struct attack *at, long played, int64_t took_us)
{
    int reachable = 0, reached = 0;
    for (int i = 0; i < CELLS; i++) {
        reachable += at->reachable[i];
        reached += at->reachable[i] && at->hits[i] > 0;
        if (at->hits[i] > 0 && !at->reachable[i])
            printf("# cell %d was thought to be out of reach\n", i);
        if (at->reachable[i] && at->hits[i] == 0)
            printf("# not hit: level %s, dominates %s, %s, %s\n", policy_level_word((enum policy_level)(i / 30)),
                i / 15 % 2 ? "yes" : "no", policy_effect_word((enum policy_effect)(i / 3 % 5)),
                policy_decision_word((enum policy_decision)(i % 3)));
    }
    const struct oracle *o = &at->oracle;
    printf(
        "%ld traces in %.2f s (%.0f a second), %ld flows: %ld allowed, %ld asked, %ld refused, %ld of them approved\n",
        played, (double)took_us / 1e6, (double)played * 1e6 / (double)(took_us + 1), o->flows, o->allowed, o->asked,
        o->refused, o->approved);
    printf(
        "%d of %d reachable cells (level x dominance, effect, decision) were hit; 0 violations\n", reached, reachable);
    bool whole = reached == reachable || played < MUST_COVER;
    printf("%d passed, %d failed\n", whole ? 1 : 0, whole ? 0 : 1);
    return whole ? 0 : 1;
}

static int
run(trace_rule *rule, long n, uint64_t seed)
{
    static struct attack at;
    struct seed last;
    begin(&at, rule, seed);
    int64_t started_us = clock_mono_us();
    long played = attack(&at, n, &last);
    if (!at.broken)
        return report(&at, played, clock_mono_us() - started_us);
    printf("not ok: trace %ld of seed %llu: %s\n", played, (unsigned long long)seed, at.broken);
    play_seed(&at, &last, true);
    printf("0 passed, 1 failed\n");
    return 1;
}

/* Every planted bug must be found, or the attacker is blind. */
static int
run_plants(uint64_t seed)
{
    static struct attack at;
    struct seed last;
    int blind = 0;
    for (size_t i = 0; i < n_plants; i++) {
        begin(&at, plants[i].rule, seed);
        long played = attack(&at, PLANT_TRACES, &last);
        blind += at.broken == NULL;
        printf("%s: %s after %ld traces: %s\n", at.broken ? "ok" : "not ok", plants[i].name, played,
            at.broken ? at.broken : "nothing was found");
    }
    printf("%d passed, %d failed\n", (int)n_plants - blind, blind);
    return blind > 0;
}

static trace_rule *
plant_named(const char *name)
{
    for (size_t i = 0; i < n_plants; i++)
        if (strcmp(plants[i].name, name) == 0)
            return plants[i].rule;
    return NULL;
}

int
main(int argc, char **argv)
{
    trace_rule *rule = policy_decide;
    int64_t n = 0, seed = 1;
    bool all_plants = false, good = argc > 1;
    id_init();
    for (int i = 1; i < argc && good; i++) {
        if (strcmp(argv[i], "--plants") == 0)
            all_plants = true;
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            good = span_i64(span_of(argv[++i]), &seed);
        else if (strcmp(argv[i], "--plant") == 0 && i + 1 < argc)
            good = (rule = plant_named(argv[++i])) != NULL;
        else
            good = span_i64(span_of(argv[i]), &n) && n > 0;
    }
    if (!good || (n == 0) != all_plants) {
        fputs("usage: attack_pure N [--seed S] [--plant NAME] | attack_pure --plants [--seed S]\n", stderr);
        return 2;
    }
    return all_plants ? run_plants((uint64_t)seed) : run(rule, (long)n, (uint64_t)seed);
}

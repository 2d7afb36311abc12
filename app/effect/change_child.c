/* change_child: a script's run in a process of its own. */
#include "effect/change.h"

#include "effect/change_rules.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/must.h"

#include <stdio.h>
#include <string.h>

enum { SAID_BYTES = 400, RUNS = 2 };

static const char *const words[] = {
    WORD_RANDOM, WORD_DENIED, WORD_SYNTAX, WORD_CONSTRAINT, WORD_LARGE, WORD_TIME, WORD_CONFLICT, WORD_CLOSED};

struct given {
    enum change_kind kind;
    const struct change *change;
};

static enum err
run(struct task *t, void *arg, const struct import_job *job, json_t **out)
{
    const struct given *g = arg;
    switch (g->kind) {
    case CHANGE_TRY: return change_try(t, g->change, job, out);
    case CHANGE_SCRATCH: return change_scratch(t, g->change, job, out);
    case CHANGE_UNDO: return change_undo(t, job, out);
    }
    return E_INTERNAL;
}

static void
say(char word[static 40], const char *fixed)
{
    snprintf(word, 40, "%s", fixed);
}

/* The child may have been taken over by what it ran: its word is one of ours, or none. */
static enum err
script_failed(struct task *t, const json_t *out, char word[static 40])
{
    struct span said = json_text(out, "failed"), sentence = json_text(out, "sentence");
    enum err e = err_from_word(task_z(t, json_text(out, "err")));
    say(word, WORD_SYNTAX);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (span_is(said, words[i]))
            say(word, words[i]);
    return task_fail(t, e == E_OK ? E_INTERNAL : e, "%.*s", SPAN_ARG(span_first(sentence, SAID_BYTES)));
}

enum err
change_child(struct task *t, enum change_kind kind, const struct change *c, const char *folder, char word[static 40],
    json_t **out)
{
    struct change given = c ? *c : (struct change){.now_ms = 0};
    struct given g = {kind, &given};
    struct import_job job = {
        .folder = folder, .limit_bytes = conf_int("limits.import_bytes"), .also = c ? c->data : NULL, .what = "change"};
    int64_t until = t->deadline_ms, mine = clock_mono_ms() + CHANGE_MS;
    must(c || kind == CHANGE_UNDO);
    word[0] = '\0';
    t->deadline_ms = until == 0 || mine < until ? mine : until;
    given.budget_ms = task_left_ms(t) / RUNS * 9 / 10 + 1; /* it says so itself, before it is killed */
    enum err e = import_child(t, &job, run, &g, -1, out);
    t->deadline_ms = until;
    if (e == E_DEADLINE)
        say(word, WORD_TIME);
    else if (e == E_INTERNAL || e == E_LIMIT) /* it crashed, or said too much */
        say(word, WORD_LARGE);
    if (e != E_OK)
        return e;
    return json_object_get(*out, "failed") ? script_failed(t, *out, word) : E_OK;
}

/* act: the table of kinds. */
#include "gate/act_priv.h"

#include "base/json.h"

static const struct {
    const char *kind;
    act_fn *run, *tell; /* tell: NULL when nobody can */
    bool json;          /* its arguments are JSON; else a script of SQL */
} kinds[] = {
    {"write", act_write, act_tell_effect, false},
    {"undo", act_undo, act_tell_effect, true},
    {"release", act_release, NULL, true},
    {"save", act_save, act_tell_own, true},
    {"share", act_share, act_tell_own, true},
    {"admin", act_admin, act_tell_own, true},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static size_t
kind_of(const struct auth_approval *a)
{
    size_t i = 0;
    while (i < N_KINDS && !span_is(a->kind, kinds[i].kind))
        i++;
    return i;
}

static enum err
call(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, bool tell, json_t **outcome)
{
    struct act act = {.gate = g, .approval = a, .now_ms = now_ms};
    size_t i = kind_of(a);
    *outcome = NULL;
    if (i == N_KINDS)
        return task_fail(t, E_INVALID, "The authority carries out no approval of that kind.");
    if (kinds[i].json && json_read(t, a->args, &act.args) != E_OK)
        return t->err;
    act.out = task_json(t, json_object());
    enum err e = (tell ? kinds[i].tell : kinds[i].run)(t, &act);
    *outcome = e == E_OK ? act.out : NULL;
    return e;
}

enum err
act_run(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, json_t **outcome)
{
    return call(t, g, a, now_ms, false, outcome);
}

bool
act_can_tell(const struct auth_approval *a)
{
    size_t i = kind_of(a);
    return i < N_KINDS && kinds[i].tell;
}

enum err
act_tell(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, json_t **outcome)
{
    *outcome = NULL;
    if (!act_can_tell(a))
        return task_fail(t, E_NOTFOUND, "It was approved but not carried out; nothing was changed. Ask again.");
    return call(t, g, a, now_ms, true, outcome);
}

/* table: places of words, as digits of a number of mixed base. */
#include "policy/table.h"

#include "base/json.h"
#include "policy/words.h"

static const struct {
    const char *name;
    enum policy_words kind;
} members[] = {
    {"proposer", WORDS_PROPOSER},
    {"integrity", WORDS_INTEGRITY},
    {"level", WORDS_LEVEL},
    {"dominates", WORDS_DOMINATES},
    {"effect", WORDS_EFFECT},
    {"clearance", WORDS_LEVEL},
    {"mode", WORDS_MODE},
    {"approval", WORDS_APPROVAL},
};
enum { N_MEMBERS = sizeof members / sizeof members[0] };

static void
case_from(const int place[N_MEMBERS], struct policy_case *out)
{
    *out = (struct policy_case){
        .proposer = (enum policy_proposer)place[0],
        .integrity = place[1],
        .level = (enum policy_level)place[2],
        .dominates = place[3] == 0,
        .effect = (enum policy_effect)place[4],
        .clearance = (enum policy_level)place[5],
        .mode = (enum policy_mode)place[6],
        .approval = (enum policy_approval)place[7],
    };
}

void
policy_table_case(int n, struct policy_case *out)
{
    int place[N_MEMBERS];
    for (size_t i = N_MEMBERS; i-- > 0;) {
        int base = (int)policy_word_count(members[i].kind);
        place[i] = n % base;
        n /= base;
    }
    case_from(place, out);
}

void
policy_table_put_head(struct buf *b)
{
    for (size_t i = 0; i < N_MEMBERS; i++)
        buf_printf(b, "%s\t", members[i].name);
    buf_puts(b, "decision\treason\n");
}

void
policy_table_put_row(struct buf *b, const struct policy_case *c, enum policy_decision d, const char *reason)
{
    buf_printf(b, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", policy_proposer_word(c->proposer), c->integrity,
        policy_level_word(c->level), c->dominates ? "yes" : "no", policy_effect_word(c->effect),
        policy_level_word(c->clearance), policy_mode_word(c->mode), policy_approval_word(c->approval),
        policy_decision_word(d), reason);
}

static enum err
fail_member(struct task *t, const char *name, enum policy_words kind)
{
    struct buf *list = task_buf(t, 200);
    size_t n = policy_word_count(kind);
    for (size_t i = 0; i < n; i++)
        buf_printf(list, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", policy_word(kind, i));
    return task_fail(t, E_INVALID, "\"%s\" must be one of %s.", name, buf_z(list));
}

enum err
policy_member_read(struct task *t, const json_t *j, const char *name, enum policy_words kind, int fallback, int *place)
{
    const json_t *v = json_object_get(j, name);
    *place = fallback;
    if (json_is_string(v))
        *place = policy_word_place(kind, json_text(j, name));
    else if (v)
        *place = -1;
    if (kind == WORDS_INTEGRITY && json_is_integer(v) && json_integer_value(v) >= INTEGRITY_SYSTEM &&
        json_integer_value(v) <= INTEGRITY_EXTERNAL)
        *place = (int)json_integer_value(v);
    return *place >= 0 ? E_OK : fail_member(t, name, kind);
}

enum err
policy_case_read(struct task *t, const json_t *j, struct policy_case *out)
{
    int place[N_MEMBERS];
    *out = (struct policy_case){0};
    if (!json_is_object(j))
        return task_fail(
            t, E_INVALID, "A case is a JSON object with eight members, from \"proposer\" to \"approval\".");
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (policy_member_read(t, j, members[i].name, members[i].kind, -1, &place[i]) != E_OK)
            return t->err;
    case_from(place, out);
    return E_OK;
}

/* reply_call: tool calls of Chat Completions: which call a delta belongs to, when numbers and ids are missing. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/reply_priv.h"

#include <string.h>

struct piece {
    int64_t index; /* -1: none */
    bool legacy;
    struct span id, name;
    const json_t *arguments;
};

static bool
is_torso(const struct draft_part *p)
{
    return p->text->n > 0 && !loose_is_object(buf_view(p->text));
}

/* Does the piece go on with call p, which stands where the piece points? */
static bool
goes_on(const struct draft_part *p, const struct piece *x)
{
    if (x->id.n > 0 && p->id.n > 0)
        return span_eq(x->id, p->id);
    if (x->name.n == 0 || p->name.n == 0)
        return true;
    /* A second name without an id: a repeated name while the arguments still come, or the next call of a server that
     * numbers all calls 0. */
    return span_eq(x->name, p->name) && (is_torso(p) || (p->text->n == 0 && x->index >= 0));
}

/* The last call at the piece's place; without a number: the call of that id, else the last one. */
static struct draft_part *
place_of(struct llm_decoder *d, const struct piece *x)
{
    struct draft_part *last = NULL;
    for (size_t i = d->parts; i > 0; i--) {
        struct draft_part *p = &d->part[i - 1];
        if (p->kind != LLM_CALL || p->legacy != x->legacy)
            continue;
        if (x->index >= 0 ? p->index == x->index : x->id.n > 0 && span_eq(p->id, x->id))
            return p;
        if (!last)
            last = p;
    }
    return x->index < 0 ? last : NULL;
}

/* Deltas are texts; whole arguments may be an object; a server that says them twice says the same. */
static void
take_arguments(struct llm_decoder *d, struct draft_part *p, const json_t *v)
{
    if (!json_is_string(v) && !json_is_object(v) && !json_is_array(v))
        return;
    struct span s = json_is_string(v) ? loose_text(v) : json_dump(d->t, v);
    bool twice = s.n > 1 && s.p[0] == '{' && span_eq(s, buf_view(p->text));
    if (!twice || !loose_is_object(s))
        draft_append(d, p, s);
}

/* Gemini's compatible API puts a signature beside the function; it must come back there. */
static void
take_extra(struct llm_decoder *d, struct draft_part *p, json_t *item)
{
    json_t *extra = json_object_get(item, "extra_content");
    if (!json_is_object(extra) || json_object_size(extra) == 0)
        return;
    if (!p->block)
        p->block = task_json(d->t, json_object());
    json_object_set(p->block, "extra_content", extra);
}

void
chat_take_call(struct llm_decoder *d, json_t *item, bool legacy)
{
    const json_t *function = json_object_get(item, "function");
    const json_t *from = json_is_object(function) ? function : item;
    struct piece x = {json_int(item, "index", -1), legacy, json_text(item, "id"), json_text(from, "name"),
        json_object_get(from, "arguments")};
    if (!json_is_object(item))
        return;
    struct draft_part *p = place_of(d, &x);
    if (!p || !goes_on(p, &x)) {
        p = draft_add(d, LLM_CALL, x.index);
        if (!p)
            return;
        p->legacy = legacy;
    }
    if (p->id.n == 0)
        p->id = task_dup(d->t, x.id);
    if (p->name.n == 0)
        draft_named(d, p, x.name);
    take_arguments(d, p, x.arguments);
    take_extra(d, p, item);
}

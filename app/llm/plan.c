/* plan: puts a conversation into the order and the words that every provider accepts. */
#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"
#include "llm/loose.h"
#include "llm/request_priv.h"

#include <string.h>

enum { NAME_BYTES = 64 };

struct planner {
    struct task *t;
    struct plan *plan;
    struct span *used; /* ids of calls so far */
    size_t used_n;
};

static bool
is_blank(struct span s)
{
    return span_trim(s).n == 0;
}

static bool
is_name(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!fine)
            return false;
    }
    return s.n > 0 && s.n <= NAME_BYTES;
}

/* Gemini's names begin with a letter or an underscore. */
static bool
begins_well(const struct plan *p, struct span name)
{
    return p->s->api != LLM_GEMINI || (name.p[0] != '-' && (name.p[0] < '0' || name.p[0] > '9'));
}

/* A model may call a tool by any name; what goes back must be one. */
static struct span
legal_name(struct planner *pl, struct span name)
{
    if (is_name(name) && begins_well(pl->plan, name))
        return name;
    struct span s = task_dup(pl->t, span_first(name.n > 0 ? name : SPAN("unnamed"), NAME_BYTES));
    char *p = (char *)(uintptr_t)s.p;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_name((struct span){p + i, 1}) || (i == 0 && !begins_well(pl->plan, s)))
            p[i] = '_';
    }
    return s;
}

static bool
is_used(const struct planner *pl, struct span id)
{
    for (size_t i = 0; i < pl->used_n; i++) {
        if (span_eq(pl->used[i], id))
            return true;
    }
    return false;
}

/* Chat servers take any short word, and some read their own ids ("functions.sql:0"): those stay as they are. */
static bool
is_id(const struct plan *p, struct span s)
{
    if (p->s->api == LLM_ANTHROPIC)
        return is_name(s);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    }
    return s.n > 0 && s.n <= NAME_BYTES;
}

/* The id itself when it is legal and new; else one that depends on its place alone. */
static struct span
legal_id(struct planner *pl, struct span id)
{
    for (size_t k = pl->used_n + 1; !is_id(pl->plan, id) || is_used(pl, id); k++)
        id = task_format(pl->t, "call_n%zu", k);
    pl->used[pl->used_n++] = id;
    return id;
}

static struct step *
last_step(struct plan *p)
{
    return p->n > 0 ? &p->step[p->n - 1] : NULL;
}

static struct step *
add_step(struct planner *pl, enum step_kind kind, size_t room)
{
    must(pl->plan->step);
    struct step *s = &pl->plan->step[pl->plan->n++];
    *s = (struct step){.kind = kind, .part = task_array(pl->t, room, sizeof *s->part)};
    return s;
}

/* Which of the results with this call's id is this call's: ids may come twice in one message. */
static size_t
same_id_before(const struct llm_message *m, size_t call)
{
    size_t n = 0;
    for (size_t i = 0; i < call; i++)
        n += m->part[i].kind == LLM_CALL && span_eq(m->part[i].id, m->part[call].id);
    return n;
}

/* The result of part `call` of message `at`: looked for up to the next message that uses the id again. */
static const struct llm_part *
result_of(const struct llm_chat *chat, size_t at, size_t call)
{
    struct span id = chat->message[at].part[call].id;
    size_t skip = same_id_before(&chat->message[at], call);
    for (size_t i = at; i < chat->n; i++) {
        for (size_t k = 0; k < chat->message[i].n; k++) {
            const struct llm_part *p = &chat->message[i].part[k];
            if (!span_eq(p->id, id) || (p->kind == LLM_CALL && i == at))
                continue;
            if (p->kind == LLM_CALL)
                return NULL;
            if (p->kind == LLM_RESULT && skip-- == 0)
                return p;
        }
    }
    return NULL;
}

static const struct llm_part NOT_RUN = {
    .kind = LLM_RESULT, .text = {"This call was not run.", sizeof "This call was not run." - 1}, .failed = true};

static void
add_assistant(struct planner *pl, size_t at)
{
    const struct llm_chat *chat = pl->plan->chat;
    const struct llm_message *m = &chat->message[at];
    struct step *said = add_step(pl, STEP_ASSISTANT, m->n);
    struct step results = {.kind = STEP_RESULTS, .part = task_array(pl->t, m->n, sizeof *results.part)};
    bool has_text = false;
    for (size_t i = 0; i < m->n; i++) {
        struct llm_part p = m->part[i];
        if (p.kind == LLM_RESULT || (p.kind == LLM_TEXT && is_blank(p.text)))
            continue;
        has_text = has_text || p.kind == LLM_TEXT;
        if (p.kind == LLM_CALL) {
            const struct llm_part *found = result_of(chat, at, i);
            p.id = legal_id(pl, p.id);
            p.name = legal_name(pl, p.name);
            struct llm_part *result = &results.part[results.n++];
            *result = found ? *found : NOT_RUN;
            result->id = p.id;
        }
        said->part[said->n++] = p;
    }
    if (!has_text && results.n == 0)
        pl->plan->n--; /* reasoning alone is no message */
    else if (results.n > 0)
        pl->plan->step[pl->plan->n++] = results;
}

static void
add_user(struct planner *pl, const struct llm_message *m)
{
    size_t had = 0, n = 0;
    for (size_t i = 0; i < m->n; i++)
        n += m->part[i].kind == LLM_TEXT && !is_blank(m->part[i].text);
    if (n == 0)
        return;
    struct step *s = last_step(pl->plan);
    if (s && s->kind == STEP_USER) { /* two messages of the user in a row are one */
        struct llm_part *part = task_array(pl->t, s->n + n, sizeof *part);
        had = s->n;
        s->part = memcpy(part, s->part, had * sizeof *part);
    } else {
        s = add_step(pl, STEP_USER, n);
    }
    s->n = had + n;
    for (size_t i = 0; i < m->n; i++) {
        if (m->part[i].kind == LLM_TEXT && !is_blank(m->part[i].text))
            s->part[had++] = m->part[i];
    }
}

static void
add_words(struct planner *pl, const char *words)
{
    struct step *s = add_step(pl, STEP_USER, 1);
    s->part[s->n++] = (struct llm_part){.kind = LLM_TEXT, .text = span_of(words)};
}

static enum err
check_tools(struct task *t, const struct plan *p)
{
    const struct llm_chat *chat = p->chat;
    for (size_t i = 0; i < chat->tools; i++) {
        const struct llm_tool *tool = &chat->tool[i];
        if (!is_name(tool->name))
            return task_fail(t, E_INVALID,
                "A tool is named \"%.*s\": only letters, digits, _ and - are allowed, 64 at most.",
                SPAN_ARG(span_first(tool->name, 80)));
        if (!begins_well(p, tool->name))
            return task_fail(t, E_INVALID,
                "A tool is named \"%.*s\": for Gemini a name must begin with a letter or an underscore.",
                SPAN_ARG(tool->name));
        if (tool->schema.n > 0 && !loose_is_object(tool->schema))
            return task_fail(
                t, E_INVALID, "The schema of the tool \"%.*s\" is not a JSON object.", SPAN_ARG(tool->name));
        for (size_t k = 0; k < i; k++) {
            if (span_eq(chat->tool[k].name, tool->name))
                return task_fail(t, E_INVALID, "Two tools are named \"%.*s\".", SPAN_ARG(tool->name));
        }
    }
    return E_OK;
}

static size_t
parts_in(const struct llm_chat *chat)
{
    size_t n = 0;
    for (size_t i = 0; i < chat->n; i++)
        n += chat->message[i].n;
    return n;
}

enum err
plan_make(struct task *t, const struct llm_settings *s, const struct llm_chat *chat, struct plan *out)
{
    *out = (struct plan){.s = s, .chat = chat};
    if (check_tools(t, out) != E_OK)
        return t->err;
    out->extra = loose_json_task(t, s->extra);
    if (s->extra.n > 0 && !json_is_object(out->extra))
        return task_fail(t, E_INVALID, "The model's extra settings are not a JSON object.");
    out->step = task_array(t, chat->n * 2 + 2, sizeof *out->step);
    struct planner pl = {t, out, task_array(t, parts_in(chat), sizeof *pl.used), 0};
    for (size_t i = 0; i < chat->n; i++) {
        if (chat->message[i].role == LLM_USER) {
            add_user(&pl, &chat->message[i]);
            continue;
        }
        if (out->n == 0)
            add_words(&pl, "(The conversation goes on.)");
        add_assistant(&pl, i);
    }
    if (out->n == 0)
        return task_fail(t, E_INVALID, "There is nothing to ask the model: the conversation is empty.");
    if (last_step(out)->kind == STEP_ASSISTANT)
        add_words(&pl, "(Go on.)");
    return E_OK;
}

bool
plan_opaque(const struct plan *p, const struct llm_part *part)
{
    return part->opaque.n > 0 && span_eq(part->origin, p->s->origin) && loose_is_object(part->opaque);
}

void
plan_put_members(struct buf *b, const struct plan *p, const struct llm_part *part, const char *skip)
{
    json_t *j = plan_opaque(p, part) ? loose_json(part->opaque) : NULL;
    const char *key;
    json_t *value;
    json_object_foreach(j, key, value)
    {
        if (skip && strcmp(key, skip) == 0)
            continue;
        json_put_key(b, key);
        loose_put(b, value);
    }
    json_decref(j);
}

bool
plan_key(struct buf *b, const struct plan *p, const char *key)
{
    if (json_object_get(p->extra, key))
        return false;
    json_put_key(b, key);
    return true;
}

void
plan_put_extra(struct buf *b, const struct plan *p)
{
    static const char *const OURS[] = {"model", "messages", "system", "tools", "stream", "input", "contents",
        "systemInstruction", "toolConfig", "tool_config", "generationConfig"};
    const char *key;
    json_t *value;
    json_object_foreach(p->extra, key, value)
    {
        bool ours = json_is_null(value);
        for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
            ours = ours || strcmp(key, OURS[i]) == 0;
        if (ours)
            continue;
        json_put_key(b, key);
        loose_put(b, value);
    }
}

struct span
plan_arguments(struct task *t, struct span arguments)
{
    struct span s = span_trim(arguments);
    if (s.n == 0 || span_is(s, "null"))
        return SPAN("{}");
    struct buf *b = task_buf(t, LLM_REQUEST_BYTES);
    json_t *j = loose_json_task(t, s);
    if (json_is_object(j) && utf8_valid(s) && span_find(s, SPAN("\\u")) < 0)
        return s; /* as the model wrote it: numbers keep their digits */
    if (json_is_object(j)) {
        loose_put(b, j);
    } else {
        buf_puts(b, "{\"invalid_json\":");
        loose_put_text(b, utf8_first(s, 4000));
        buf_putc(b, '}');
    }
    return buf_view(b);
}

void
plan_put_schema(struct buf *b, const struct llm_tool *tool)
{
    json_t *j = tool->schema.n > 0 ? loose_json(tool->schema) : json_object();
    if (!json_object_get(j, "type"))
        json_object_set_new(j, "type", json_string("object"));
    if (!json_object_get(j, "properties"))
        json_object_set_new(j, "properties", json_object());
    loose_put(b, j);
    json_decref(j);
}

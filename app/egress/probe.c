/* probe: which model servers run on this machine? Their well-known ports are asked; nothing is used unasked. */
#include "egress/operation.h"

#include "base/conf.h"
#include "base/json.h"
#include "base/must.h"

#include <string.h>

enum { PROBE_MS = 1500, REPLY_BYTES = 1 << 20, MODELS = 100, NAME_BYTES = 200 };

/* All of them speak the OpenAI API below /v1. list, name: where the reply has its models. */
static const struct {
    int port;
    const char *path, *list, *name;
} places[] = {
    {11434, "/api/tags", "models", "name"}, /* Ollama */
    {8080, "/v1/models", "data", "id"},     /* llama.cpp */
    {1234, "/v1/models", "data", "id"},     /* LM Studio */
    {8000, "/v1/models", "data", "id"},     /* vLLM */
};
enum { N_PLACES = sizeof places / sizeof places[0] };

struct probe {
    struct guest *guest;
    json_t *found;
    int waiting;
    struct place {
        struct probe *probe;
        struct fetch *fetch;
        struct buf *body;
        size_t row;
        int status;
    } place[N_PLACES];
};

static void
on_head(void *arg, int status, struct span lines)
{
    (void)lines;
    ((struct place *)arg)->status = status;
}

static void
on_body(void *arg, struct span bytes)
{
    buf_span(((struct place *)arg)->body, bytes);
}

/* A server that is something else (nginx of our own on 8080, say) has no such list. */
static json_t *
models_of(struct task *t, const struct place *p)
{
    json_t *reply;
    json_t *one;
    size_t i;
    if (p->status != 200 || p->body->failed || json_read_lax(t, buf_view(p->body), &reply) != E_OK) {
        task_clear_error(t);
        return NULL;
    }
    json_t *list = json_object_get(reply, places[p->row].list);
    json_t *models = task_json(t, json_array());
    if (!json_is_array(list))
        return NULL;
    json_array_foreach(list, i, one)
    {
        struct span name = json_text(one, places[p->row].name);
        if (name.n > 0 && name.n <= NAME_BYTES && json_array_size(models) < MODELS)
            must(json_array_append_new(models, json_stringn(name.p, name.n)) == 0);
    }
    return models;
}

static void
finish(struct probe *p)
{
    struct task *t = guest_task(p->guest);
    struct buf *out = guest_out(p->guest);
    for (size_t i = 0; i < N_PLACES; i++) {
        json_t *models = p->place[i].body ? models_of(t, &p->place[i]) : NULL;
        if (models)
            must(json_array_append_new(
                     p->found, json_pack("{s:s, s:o, s:O}", "api", "openai-chat", "url",
                                   json_sprintf("http://127.0.0.1:%d/v1", places[i].port), "models", models)) == 0);
    }
    size_t mark = frame_begin(out, "ok");
    frame_put(out, "list", json_dump(t, p->found));
    frame_end(out, mark);
    guest_done(p->guest);
}

static void
on_end(void *arg, enum err e, const char *sentence)
{
    struct place *place = arg;
    struct probe *p = place->probe;
    (void)sentence;
    place->fetch = NULL;
    if (e != E_OK)
        place->status = 0;
    if (--p->waiting == 0)
        finish(p);
}

/* The guest left. */
static void
stop(void *arg)
{
    struct probe *p = arg;
    for (size_t i = 0; i < N_PLACES; i++)
        if (p->place[i].fetch)
            fetch_stop(p->place[i].fetch);
}

static enum err
ask(struct task *t, struct probe *p, size_t i)
{
    struct place *place = &p->place[i];
    *place = (struct place){.probe = p, .row = i, .body = task_buf(t, REPLY_BYTES)};
    struct fetch_ask a = {.url = task_format(t, "http://127.0.0.1:%d%s", places[i].port, places[i].path),
        .loopback = true,
        .connect_ms = PROBE_MS,
        .first_byte_ms = PROBE_MS,
        .idle_ms = PROBE_MS,
        .reply_bytes = REPLY_BYTES,
        .on_head = on_head,
        .on_body = on_body,
        .on_end = on_end,
        .arg = place};
    if (fetch_start(t, guest_house(p->guest)->net, &a, &place->fetch) == E_OK)
        p->waiting++;
    return t->err;
}

enum err
probe_begin(struct guest *g, const struct frame *f, const struct grant *grant)
{
    struct task *t = guest_task(g);
    struct probe *p = task_new(t, struct probe);
    (void)f;
    (void)grant;
    p->guest = g;
    p->found = task_json(t, json_array());
    task_defer(t, stop, p);
    for (size_t i = 0; i < N_PLACES; i++)
        if (places[i].port != conf_int("http.port") && ask(t, p, i) != E_OK) /* that one is us */
            return t->err;
    return E_OK;
}

/* cli_model: models from the command line. */
#include "cli/cli_model.h"

#include "base/json.h"
#include "cli/cli_dataset.h"
#include "cli/cli_secret.h"
#include "egress/egress_client.h"
#include "gate/gate_client.h"
#include "llm/reply.h"
#include "llm/request.h"

#include <stdio.h>
#include <string.h>

struct model_args {
    const char *word[2]; /* what to do, name */
    size_t n;
    const char *api, *url, *model, *secret, *label, *clearance, *properties;
    bool as_json, is_default, off;
};

static enum err
ask_gate(struct task *t, const char *operation, json_t *in, json_t **out)
{
    const struct gate_who me = {0};
    gate_client_as_operator();
    return gate_admin(t, &me, operation, in, out);
}

static enum err
do_list(struct task *t, const struct model_args *a, json_t **out)
{
    json_t *row;
    size_t i;
    if (ask_gate(t, "model.list", NULL, out) != E_OK || a->as_json)
        return t->err;
    json_array_foreach(json_object_get(*out, "models"), i, row)
    {
        printf("%-20.*s %-12.*s cleared for %-8.*s%s%s  %.*s\n", SPAN_ARG(json_text(row, "name")),
            SPAN_ARG(json_text(row, "api")), SPAN_ARG(json_text(row, "clearance")),
            json_flag(row, "enabled", false) ? "" : " off", json_flag(row, "default", false) ? " default" : "",
            SPAN_ARG(json_text(row, "url")));
    }
    return E_OK;
}

static void
put(json_t *j, const char *key, const char *value)
{
    if (value)
        json_object_set_new(j, key, json_string(value));
}

static enum err
do_set(struct task *t, const struct model_args *a, json_t **out)
{
    json_t *in = task_json(t, json_object()), *properties = NULL;
    put(in, "name", a->word[1]);
    put(in, "api", a->api);
    put(in, "url", a->url);
    put(in, "model", a->model ? a->model : a->word[1]);
    put(in, "secret", a->secret);
    put(in, "label", a->label);
    put(in, "clearance", a->clearance);
    json_object_set_new(in, "default", json_boolean(a->is_default));
    json_object_set_new(in, "enabled", json_boolean(!a->off));
    if (a->properties && json_read(t, span_of(a->properties), &properties) != E_OK)
        return t->err;
    if (properties)
        json_object_set(in, "properties", properties);
    return ask_gate(t, "model.set", in, out);
}

static enum err
do_remove(struct task *t, const struct model_args *a, json_t **out)
{
    json_t *in = task_json(t, json_object());
    put(in, "name", a->word[1]);
    return ask_gate(t, "model.remove", in, out);
}

static enum err
do_probe(struct task *t, const struct model_args *a, json_t **out)
{
    struct span grant, fields[] = {SPAN("probe")};
    json_t *row, *name;
    size_t i, k;
    if (cli_egress_grant(t, "probe", fields, 1, NULL, &grant, NULL) != E_OK || egress_probe(t, grant, out) != E_OK ||
        a->as_json)
        return t->err;
    json_array_foreach(*out, i, row)
    {
        json_array_foreach(json_object_get(row, "models"), k, name)
        {
            printf("%.*s %.*s %s\n", SPAN_ARG(json_text(row, "api")), SPAN_ARG(json_text(row, "url")),
                json_is_string(name) ? json_string_value(name) : "");
        }
    }
    if (json_array_size(*out) == 0)
        printf("No model server was found on this machine.\n");
    return E_OK;
}

/* The record as `model list` has it. */
static enum err
find(struct task *t, const char *name, json_t **out)
{
    json_t *all = NULL, *row;
    size_t i;
    if (ask_gate(t, "model.list", NULL, &all) != E_OK)
        return t->err;
    json_array_foreach(json_object_get(all, "models"), i, row)
    {
        if (span_is(json_text(row, "name"), name)) {
            *out = row;
            return E_OK;
        }
    }
    return task_fail(t, E_NOTFOUND, "There is no model called %.80s.", name);
}

struct test {
    struct task *t;
    enum llm_api api;
    struct llm_decoder *decoder;
};

static bool
on_head(void *arg, int status, struct span headers)
{
    struct test *x = arg;
    const struct llm_listen listen = {.api = x->api, .status = status};
    (void)headers;
    x->decoder = llm_decoder_open(x->t, &listen);
    return true;
}

static bool
on_body(void *arg, struct span bytes)
{
    struct test *x = arg;
    if (x->decoder)
        llm_decoder_feed(x->decoder, bytes);
    return x->decoder && !llm_decoder_done(x->decoder);
}

static enum err
build(struct task *t, const json_t *model, struct test *x, struct llm_request *out)
{
    struct llm_part part = {.kind = LLM_TEXT, .text = SPAN("Answer with the one word: ready")};
    struct llm_message message = {LLM_USER, &part, 1};
    const struct llm_chat chat = {.message = &message, .n = 1};
    if (!llm_api_from_word(json_text(model, "api"), &x->api))
        return task_fail(t, E_INVALID, "The guide needs no test: it is part of this program.");
    struct llm_settings s = llm_settings_default(x->api, json_text(model, "model"));
    json_t *properties = json_object_get(model, "properties");
    if (properties && llm_settings_read(t, json_dump(t, properties), &s) != E_OK)
        return t->err;
    return llm_request_build(t, &s, &chat, out);
}

static enum err
do_test(struct task *t, const struct model_args *a, json_t **out)
{
    struct test x = {.t = t};
    struct llm_request r;
    struct llm_reply reply;
    json_t *model = NULL;
    struct egress_call call = {.on_head = on_head, .on_body = on_body, .arg = &x, .wake_fd = -1};
    if (find(t, a->word[1], &model) != E_OK || build(t, model, &x, &r) != E_OK)
        return t->err;
    struct span fields[] = {SPAN("http"), r.body};
    struct buf *headers = task_buf(t, 4096);
    for (size_t i = 0; i < r.headers; i++)
        buf_printf(headers, "%s: %s\n", r.header[i].name, r.header[i].value);
    call.headers = buf_view(headers);
    call.body = r.body;
    if (cli_egress_grant(t, "llm", fields, 2, a->word[1], &call.grant, NULL) != E_OK || egress_call(t, &call) != E_OK)
        return t->err;
    if (!x.decoder)
        return task_fail(t, E_UNAVAILABLE, "The provider closed the connection without an answer.");
    llm_decoder_end(x.decoder, &reply);
    if (reply.error.fault != LLM_FAULT_NONE)
        return task_fail(t, E_UNAVAILABLE, "The provider answered %d: %.*s", reply.error.status,
            SPAN_ARG(span_first(reply.error.message, 300)));
    *out = task_json(t, json_object());
    json_object_set_new(*out, "text", json_stringn(reply.text.p ? reply.text.p : "", reply.text.n));
    if (!a->as_json)
        printf("%s answers: %.*s\n", a->word[1], SPAN_ARG(span_first(reply.text, 200)));
    return E_OK;
}

static const struct {
    const char *name;
    size_t words;
    enum err (*run)(struct task *t, const struct model_args *a, json_t **out);
} commands[] = {
    {"list", 1, do_list},
    {"probe", 1, do_probe},
    {"set", 2, do_set},
    {"remove", 2, do_remove},
    {"test", 2, do_test},
};

int
cli_model(struct task *t, int argc, char **argv)
{
    struct model_args a = {.n = 0};
    const struct cli_option options[] = {{"--json", NULL, &a.as_json}, {"--default", NULL, &a.is_default},
        {"--off", NULL, &a.off}, {"--api", &a.api, NULL}, {"--url", &a.url, NULL}, {"--model", &a.model, NULL},
        {"--secret", &a.secret, NULL}, {"--label", &a.label, NULL}, {"--clearance", &a.clearance, NULL},
        {"--properties", &a.properties, NULL}};
    json_t *out = NULL;
    enum err e;
    if (cli_options(t, argc, argv, options, sizeof options / sizeof options[0], a.word, 2, &a.n) == E_OK)
        for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
            if (a.n == commands[i].words && strcmp(a.word[0], commands[i].name) == 0) {
                e = commands[i].run(t, &a, &out);
                return cli_dataset_end(t, e, a.as_json, out);
            }
    e = task_fail(t, E_INVALID,
        "usage: lyceum model list | probe | remove NAME | test NAME | set NAME "
        "--api openai-chat|anthropic|openai-responses|gemini --url URL --model MODEL "
        "[--secret NAME] [--label LABEL] [--clearance LEVEL] [--properties JSON] [--default] [--off]");
    cli_dataset_end(t, e, a.as_json, NULL);
    return 2;
}

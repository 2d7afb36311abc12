/* lyceum: length-prefixed JSON-RPC over descriptor 3. */
#include "lyceum.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FD = 3, MOST_BYTES = 8 << 20, CODE_FAILED = -32000, CODE_METHOD = -32601 };

struct lyceum {
    const struct lyceum_tool *tools;
    const json_t *settings;
    json_int_t asked;
};

static int
send_all(const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(FD, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return 0;
        p += w;
        n -= (size_t)w;
    }
    return 1;
}

/* Steals the message. */
static void
send_message(json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    if (!text)
        exit(1);
    size_t n = strlen(text);
    const char head[4] = {(char)(n & 255), (char)(n >> 8 & 255), (char)(n >> 16 & 255), (char)(n >> 24 & 255)};
    if (!send_all(head, sizeof head) || !send_all(text, n))
        exit(0);
    free(text);
}

static int
take_all(char *p, size_t n)
{
    while (n > 0) {
        ssize_t r = read(FD, p, n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return 0;
        p += r;
        n -= (size_t)r;
    }
    return 1;
}

/* NULL: the host has closed. */
static json_t *
take_message(void)
{
    unsigned char head[4];
    if (!take_all((char *)head, sizeof head))
        return NULL;
    size_t n = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    char *text = n <= MOST_BYTES ? malloc(n + 1) : NULL;
    if (!text || !take_all(text, n))
        exit(1);
    json_t *message = json_loadb(text, n, 0, NULL);
    free(text);
    return message;
}

json_t *
lyceum_result(json_t *blocks, json_t *structured)
{
    json_t *result = json_pack("{s:o}", "blocks", blocks);
    if (structured)
        json_object_set_new(result, "structured", structured);
    return result;
}

json_t *
lyceum_text(const char *words)
{
    return lyceum_result(json_pack("[{s:s, s:s}]", "type", "text", "text", words), NULL);
}

const json_t *
lyceum_settings(const struct lyceum *host)
{
    return host->settings;
}

json_t *
lyceum_ask(struct lyceum *host, const char *method, json_t *params, char *error)
{
    json_int_t id = ++host->asked;
    json_t *message;
    send_message(json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", id, "method", method, "params", params));
    while ((message = take_message()) != NULL) {
        json_t *result = json_object_get(message, "result"), *failure = json_object_get(message, "error");
        if (json_integer_value(json_object_get(message, "id")) == id && (result || failure)) {
            const char *why = json_string_value(json_object_get(failure, "message"));
            if (!result)
                snprintf(error, LYCEUM_ERROR_BYTES, "%s", why ? why : "The host refused.");
            json_incref(result);
            json_decref(message);
            return result;
        }
        json_decref(message);
    }
    exit(0);
}

void
lyceum_progress(struct lyceum *host, const char *words)
{
    (void)host;
    send_message(
        json_pack("{s:s, s:s, s:{s:s}}", "jsonrpc", "2.0", "method", "host/progress", "params", "text", words));
}

static json_t *
call(struct lyceum *host, const json_t *params, char *error)
{
    const char *name = json_string_value(json_object_get(params, "name"));
    host->settings = json_object_get(json_object_get(params, "_meta"), "settings");
    for (const struct lyceum_tool *tool = host->tools; name && tool->name; tool++)
        if (strcmp(tool->name, name) == 0)
            return tool->run(host, json_object_get(params, "arguments"), error);
    snprintf(error, LYCEUM_ERROR_BYTES, "This plugin has no tool of that name.");
    return NULL;
}

static json_t *
list(const struct lyceum *host)
{
    json_t *names = json_array();
    for (const struct lyceum_tool *tool = host->tools; tool->name; tool++)
        json_array_append_new(names, json_pack("{s:s}", "name", tool->name));
    return json_pack("{s:o}", "tools", names);
}

static void
answer(struct lyceum *host, const char *method, json_t *id, const json_t *params)
{
    char error[LYCEUM_ERROR_BYTES] = "The tool failed.";
    json_t *result = NULL;
    json_int_t code = CODE_FAILED;
    if (strcmp(method, "initialize") == 0)
        result = json_pack("{s:s, s:{s:{}}, s:{s:s, s:s}}", "protocolVersion", "2025-06-18", "capabilities", "tools",
            "serverInfo", "name", "plugin", "version", "1");
    else if (strcmp(method, "tools/list") == 0)
        result = list(host);
    else if (strcmp(method, "tools/call") == 0)
        result = call(host, params, error);
    else
        code = CODE_METHOD;
    if (result)
        send_message(json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result", result));
    else
        send_message(
            json_pack("{s:s, s:O, s:{s:I, s:s}}", "jsonrpc", "2.0", "id", id, "error", "code", code, "message", error));
}

int
lyceum_run(const struct lyceum_tool *tools)
{
    struct lyceum host = {.tools = tools};
    json_t *message;
    while ((message = take_message()) != NULL) {
        const char *method = json_string_value(json_object_get(message, "method"));
        json_t *id = json_object_get(message, "id");
        if (method && id)
            answer(&host, method, id, json_object_get(message, "params"));
        json_decref(message);
    }
    return 0;
}

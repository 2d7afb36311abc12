/* plugin_client: calling a tool of a plugin through lyceum-plugin. The caller answers what the plugin asks of the host
 * while it runs: the service itself decides nothing and reaches nothing. */
#ifndef PLUGIN_PLUGIN_CLIENT_H
#define PLUGIN_PLUGIN_CLIENT_H

#include "base/task.h"

enum { PLUGIN_RESULT_BYTES = 1 << 20, PLUGIN_ARGS_BYTES = 1 << 20, PLUGIN_ASK_BYTES = 6 << 20 };

struct plugin_call {
    /* Audience "plugin", capability "call", args hash as of plugin_call_hash. Detail: {"digest" (64 hex digits), "id",
     * "tool", "effect", "level", "settings":{..}}. A process is kept for (digest, subject, conversation). */
    struct span grant;
    struct span tool;
    struct span args;    /* a JSON object, byte for byte what was hashed */
    int64_t deadline_ms; /* of the plugin's own work; 0 or more than limits.plugin_ms: that. Asks are not counted. */
    /* What the plugin wants of the host: "host/query" {dataset, sql}, "host/fetch" {method, url, headers?, body?},
     * "host/artifact.put" {type, bytes_b64, alt?}, "host/ask" {question, options}. *result is the task's. A failure is
     * told to the plugin with its sentence and does not end the call. Only what the manifest declares comes through.
     * NULL: everything is refused. */
    enum err (*on_ask)(struct task *t, void *arg, struct span method, const json_t *params, json_t **result);
    /* "host/progress": the plugin's own words, for people; visible text of at most 300 bytes. May be NULL. */
    void (*on_progress)(void *arg, struct span text);
    void *arg;
    int wake_fd; /* the call ends when this becomes readable (Stop): E_CONFLICT; -1: none */
};

/* How a call failed, beside the error: one of
 * "crash" "hang" "flood" "protocol" "memory"  the process's fault; it was ended
 * "schema"  the arguments don't fit the tool's schema: the model may try again
 * "output"  the result does not fit what a result may be, or the tool's own output schema
 * "tool"    the tool itself says that it failed; the sentence quotes it: the plugin's words, as untrusted as its rows
 * "gone"    the bundle is not installed here, or its files are not what was signed
 * or empty: no place, no permission, no service. */
enum { PLUGIN_WORD_BYTES = 12 };

/* *blocks is {"blocks":[{"type":...}],"structured":...}, checked (blocks.h), the task's. word may be NULL. */
enum err plugin_call(struct task *t, const struct plugin_call *c, char word[PLUGIN_WORD_BYTES], json_t **blocks);
/* ("plugin", digest, tool, args) for gate. */
struct span plugin_call_hash(struct task *t, struct span digest, struct span tool, struct span args);
/* Ends every process of a bundle: capability "stop", args hash ("plugin-stop", digest), detail {"digest"}. */
enum err plugin_stop(struct task *t, struct span grant, struct span digest);
struct span plugin_stop_hash(struct task *t, struct span digest);

#endif

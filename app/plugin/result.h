/* result: how a call ended: what it gave, checked, or in which words it failed. */
#ifndef PLUGIN_RESULT_H
#define PLUGIN_RESULT_H

#include "plugin/host_bundle.h"
#include "plugin/host_maker.h"

/* A result as the process gave it, to blocks as JSON text, checked against what any result and this tool's may be. A
 * failure is in the task, with its word (plugin_client.h). id: the plugin's, for sentences. */
enum err result_read(struct task *t, struct span id, const struct host_tool *tool, const json_t *result,
    struct span *out, const char **word);
/* The process ended in the middle of a call: fails the task with a sentence and returns the word. */
const char *result_end(struct task *t, struct span id, const struct host_news *news);

#endif

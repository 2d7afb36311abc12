/* result: checks and sentences. */
#include "plugin/result.h"

#include "base/json.h"
#include "plugin/blocks.h"
#include "plugin/plugin_client.h"
#include "plugin/schema.h"
#include "plugin/talk.h"

#include <signal.h>
#include <sys/wait.h>

enum { MEMORY_SIGN_KB = 200 << 10 }; /* who ended with so much had run into its limit */

enum err
result_read(struct task *t, struct span id, const struct host_tool *tool, const json_t *result, struct span *out,
    const char **word)
{
    json_t *blocks;
    bool failed = false;
    *word = "output";
    if (blocks_read(t, result, &blocks, &failed) != E_OK)
        return t->err;
    if (failed) {
        *word = "tool";
        return task_fail(t, E_INVALID, "The plugin %.*s says: %.*s", SPAN_ARG(id),
            SPAN_ARG(blocks_words(t, blocks, TALK_PROGRESS_BYTES)));
    }
    const json_t *structured = json_object_get(blocks, "structured");
    if (tool->output && !structured)
        return task_fail(t, E_INVALID, "The plugin's result lacks the structured part that its manifest promises.");
    if (tool->output && schema_fits(t, tool->output, structured, "structured") != E_OK)
        return t->err;
    *out = json_dump(t, blocks);
    if (out->n > PLUGIN_RESULT_BYTES)
        return task_fail(t, E_LIMIT, "The plugin's result has more than %d MB.", PLUGIN_RESULT_BYTES >> 20);
    return E_OK;
}

const char *
result_end(struct task *t, struct span id, const struct host_news *news)
{
    int status = (int)news->status;
    bool signalled = WIFSIGNALED(status);
    if (news->memory_kb >= MEMORY_SIGN_KB) {
        task_fail(t, E_LIMIT, "The plugin %.*s needed more memory than it may have, and ended.", SPAN_ARG(id));
        return "memory";
    }
    if (signalled && WTERMSIG(status) == SIGSYS)
        task_fail(t, E_UNAVAILABLE, "The plugin %.*s called what no plugin may call, and was ended.", SPAN_ARG(id));
    else if (signalled)
        task_fail(t, E_UNAVAILABLE, "The plugin %.*s crashed (signal %d).", SPAN_ARG(id), WTERMSIG(status));
    else
        task_fail(t, E_UNAVAILABLE, "The plugin %.*s ended in the middle of a call (status %d).", SPAN_ARG(id),
            WEXITSTATUS(status));
    return "crash";
}

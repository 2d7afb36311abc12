/* fuzz: lyc_plugin */
/* What a process may say in either framing (the first byte chooses), before and during a call: news, or the word for
 * its end; results go through the blocks' table. */
#include "base/json.h"
#include "base/must.h"
#include "plugin/blocks.h"
#include "plugin/talk.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
read_blocks(const struct talk_news *news)
{
    struct task t;
    json_t *blocks;
    bool failed;
    task_begin(&t, 0);
    if (news->event == TALK_RESULT && blocks_read(&t, news->result, &blocks, &failed) == E_OK)
        must(blocks_words(&t, blocks, 100).n <= 100);
    task_end(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct talk k;
    struct talk_news news = {.event = TALK_PROGRESS};
    const char *word = NULL;
    if (n == 0)
        return 0;
    talk_init(&k, data[0] & 1 ? RPC_LINES : RPC_PREFIXED, data[0] >> 1 & 15U);
    buf_put(&k.in, data + 1, n - 1);
    while (news.event != TALK_NOTHING) {
        struct task t;
        task_begin(&t, 0);
        enum err e = talk_next(&t, &k, &news, &word);
        must(e == E_OK || ((strcmp(word, "flood") == 0 || strcmp(word, "protocol") == 0) && t.cause[0]));
        if (e != E_OK)
            news.event = TALK_NOTHING;
        else
            read_blocks(&news);
        if (news.event == TALK_ASKED)
            must(talk_told(&k, news.n, SPAN("{}"), SPAN_NONE));
        if (k.state == TALK_IDLE && e == E_OK)
            talk_call(&k, SPAN("tool"), SPAN("{}"), SPAN_NONE);
        task_end(&t);
    }
    talk_reset(&k);
    return 0;
}

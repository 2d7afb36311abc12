/* decode: for the tests of both codecs: a body in three chunkings, and the reply on one line. */
#ifndef TEST_LLM_DECODE_H
#define TEST_LLM_DECODE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those above */

#include "base/id.h"
#include "base/json.h"
#include "llm/reply.h"

#include <stdio.h>
#include <string.h>

/* One recording: what was received, and the line that must come of it:
 * text|reasoning|id:name(arguments) ...|stop|kind of error */
struct recording {
    const char *about;
    int status;
    const char *body;
    const char *line;
};

static inline void
decode(struct task *t, const struct llm_listen *how, struct span body, size_t chunk, struct llm_reply *out)
{
    struct llm_decoder *d = llm_decoder_open(t, how);
    for (struct span rest = body; rest.n > 0; rest = span_from(rest, chunk))
        llm_decoder_feed(d, span_first(rest, chunk));
    llm_decoder_end(d, out);
}

static inline const char *
reply_line(struct task *t, const struct llm_reply *r)
{
    struct buf *b = task_buf(t, 1 << 20);
    buf_span(b, r->text);
    buf_putc(b, '|');
    buf_span(b, r->reasoning);
    buf_putc(b, '|');
    for (size_t i = 0; i < r->calls; i++)
        buf_printf(b, "%s%.*s:%.*s(%.*s)", i > 0 ? " " : "", SPAN_ARG(r->call[i].id), SPAN_ARG(r->call[i].name),
            SPAN_ARG(r->call[i].arguments));
    buf_printf(
        b, "|%s|%s", llm_stop_word(r->stop), r->error.fault == LLM_FAULT_NONE ? "" : llm_fault_word(r->error.fault));
    return buf_z(b);
}

static inline void
check_recordings(const struct llm_listen *how, const struct recording *rec, size_t n)
{
    static const size_t CHUNK[] = {1, 7, SIZE_MAX};
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 3; k++) {
            struct task t;
            struct llm_reply r;
            struct llm_listen listen = *how;
            listen.status = rec[i].status;
            task_begin(&t, 0);
            decode(&t, &listen, span_of(rec[i].body), CHUNK[k], &r);
            const char *got = reply_line(&t, &r);
            if (strcmp(got, rec[i].line) != 0)
                fail_msg("%s, chunk %zu:\n got      %s\n expected %s", rec[i].about, CHUNK[k], got, rec[i].line);
            struct buf *b = task_buf(&t, 1 << 20);
            json_t *j;
            llm_reply_put(b, &r);
            assert_int_equal(json_read(&t, buf_view(b), &j), E_OK);
            task_end(&t);
        }
    }
}

/* The deltas that a listener got, one per line: kind, call, name, text. */
static inline void
gather(void *arg, const struct llm_delta *d)
{
    buf_printf(arg, "%d/%zu/%.*s/%.*s\n", (int)d->kind, d->call, SPAN_ARG(d->name), SPAN_ARG(d->text));
}

#endif

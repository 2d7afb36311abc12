/* play_model: the script's replies as an OpenAI server would stream them, and a page from outside: play.h's egress. */
#ifndef TESTS_AGENT_PLAY_MODEL_H
#define TESTS_AGENT_PLAY_MODEL_H

static void
chunk(struct buf *b, struct span delta, const char *finish)
{
    buf_puts(b, "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":");
    buf_span(b, delta);
    buf_printf(b, ",\"finish_reason\":%s%s%s}]}\n\n", finish ? "\"" : "", finish ? finish : "null", finish ? "\"" : "");
}

static void
put_calls(struct task *t, struct buf *b, const char *calls)
{
    for (int i = 0; *calls; i++) {
        const char *end = strstr(calls, "\n\n");
        struct span one = end ? (struct span){calls, (size_t)(end - calls)} : span_of(calls), name;
        calls = end ? end + 2 : calls + one.n;
        span_cut(&one, '\n', &name);
        struct buf *d = task_buf(t, 10000);
        buf_printf(d,
            "{\"tool_calls\":[{\"index\":%d,\"id\":\"call_%d_%d\",\"type\":\"function\",\"function\":{\"name\":", i,
            sh->replies, i);
        json_put_text(d, name);
        buf_puts(d, ",\"arguments\":");
        json_put_text(d, one);
        buf_puts(d, "}}]}");
        chunk(b, buf_view(d), NULL);
    }
}

static void
put_string(struct task *t, struct buf *b, const char *key, const char *text)
{
    struct buf *d = task_buf(t, 10000);
    buf_printf(d, "{\"%s\":", key);
    json_put_text(d, span_of(text));
    buf_putc(d, '}');
    chunk(b, buf_view(d), NULL);
}

static void
happen(const struct reply *r, int wake_fd)
{
    struct task t;
    struct work *w;
    struct work_turn turn;
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    if (r->then == DIE)
        raise(SIGKILL);
    if (r->then != STOP_THEN_WAIT && r->then != LOSE_LEASE)
        return;
    task_begin(&t, 0);
    assert_int_equal(work_open_path(&t, fx.path, &w), E_OK);
    if (r->then == STOP_THEN_WAIT) {
        assert_int_equal(work_turn_stop(&t, w, SPAN("t_1")), E_OK);
        assert_int_equal(poll(&wake, 1, 20000), 1); /* the keeper hears it: a deadline, not a wait */
    } else {
        clock_shift_ms(WORK_LEASE_MS + 1);
        assert_int_equal(work_lease_claim(&t, w, SPAN("t_1"), SPAN("thief"), &turn), E_OK);
    }
    task_end(&t);
}

struct span
egress_fetch_body(struct task *t, struct span url)
{
    return task_format(t, "{\"url\":\"%.*s\"}", SPAN_ARG(url));
}

struct span
egress_plugin_body(struct task *t, struct span method, struct span url, struct span headers, struct span body)
{
    (void)headers, (void)body;
    return task_format(t, "{\"method\":\"%.*s\",\"url\":\"%.*s\"}", SPAN_ARG(method), SPAN_ARG(url));
}

/* A page from outside, for a grant of the capability "fetch". */
static enum err
fetch_page(struct task *t, const struct egress_call *c)
{
    if (!play.page)
        return task_fail(t, E_UNAVAILABLE, "No connection.");
    if (c->on_head(c->arg, 200, span_of(play.page_head)))
        (void)c->on_body(c->arg, span_of(play.page));
    return E_OK;
}

enum err
egress_call(struct task *t, const struct egress_call *c)
{
    if (c->body.n == 0)
        return fetch_page(t, c);
    const struct reply *r = &script[sh->replies++];
    assert_true(span_eq(c->grant, grant_args_hash(t, (struct span[]){SPAN("http"), c->body}, 2)));
    if (sh->bodies_n + c->body.n + 1 < BODIES) {
        memcpy(sh->bodies + sh->bodies_n, c->body.p, c->body.n);
        sh->bodies_n += c->body.n + 1;
    }
    if (r->status == 0)
        return task_fail(t, E_UNAVAILABLE, "The provider can't be reached.");
    if (!c->on_head(c->arg, r->status, span_of(r->headers)))
        return E_OK;
    struct buf *b = task_buf(t, 100000);
    if (r->status != 200)
        buf_puts(b, "{\"error\":{\"message\":\"scripted\",\"type\":\"server_error\"}}");
    else if (r->text)
        put_string(t, b, "content", r->text);
    if (r->refusal)
        put_string(t, b, "refusal", r->refusal);
    bool goes_on = b->n == 0 || c->on_body(c->arg, buf_view(b));
    happen(r, c->wake_fd);
    if (!goes_on || r->status != 200 || r->then == STOP_THEN_WAIT)
        return E_OK;
    if (r->then == CUT)
        return task_fail(t, E_UNAVAILABLE, "The connection was lost.");
    buf_clear(b);
    if (r->call)
        put_calls(t, b, r->call);
    chunk(b, SPAN("{}"), r->finish ? r->finish : r->call ? "tool_calls" : "stop");
    buf_puts(b, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n");
    (void)c->on_body(c->arg, buf_view(b));
    return E_OK;
}

#endif

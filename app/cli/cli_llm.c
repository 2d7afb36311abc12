/* cli_llm: decode a recorded answer, in chunks as small as one byte. */
#include "cli/cli_llm.h"

#include "base/fsio.h"
#include "llm/reply.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char USAGE[] = "usage: lyceum llm decode --api openai-chat|anthropic|openai-responses|gemini [--status N] "
                            "[--unary] [--think] [--chunk byte|N|all] < body\n";

struct options {
    struct llm_listen listen;
    size_t chunk; /* 0: all at once */
    bool has_api;
};

static bool
read_number(const char *z, int64_t low, int64_t high, int64_t *out)
{
    return span_i64(span_of(z), out) && *out >= low && *out <= high;
}

static bool
read_chunk(const char *z, struct options *o)
{
    int64_t n = 0;
    if (strcmp(z, "byte") == 0)
        n = 1;
    else if (strcmp(z, "all") != 0 && !read_number(z, 1, INT32_MAX, &n))
        return false;
    o->chunk = (size_t)n;
    return true;
}

/* An option with a value; false when either is wrong. */
static bool
read_pair(const char *name, const char *value, struct options *o)
{
    int64_t n;
    if (strcmp(name, "--api") == 0) {
        o->has_api = llm_api_from_word(span_of(value), &o->listen.api);
        return o->has_api;
    }
    if (strcmp(name, "--chunk") == 0)
        return read_chunk(value, o);
    if (strcmp(name, "--status") != 0 || !read_number(value, 100, 599, &n))
        return false;
    o->listen.status = (int)n;
    return true;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
    int i = argc > 0 && strcmp(argv[0], "llm") == 0;
    if (i >= argc || strcmp(argv[i++], "decode") != 0)
        return false;
    for (; i < argc; i++) {
        if (strcmp(argv[i], "--think") == 0)
            o->listen.think_tags = true;
        else if (strcmp(argv[i], "--unary") == 0) /* what was asked for; what came is seen from the bytes */
            continue;
        else if (i + 1 >= argc || !read_pair(argv[i], argv[i + 1], o))
            return false;
        else
            i++;
    }
    return o->has_api;
}

static bool
read_input(struct buf *in)
{
    for (;;) {
        char *to = buf_room(in, 1 << 16);
        ssize_t n = to ? read(STDIN_FILENO, to, 1 << 16) : -1;
        if (n <= 0)
            return n == 0;
        in->n += (size_t)n;
    }
}

int
cli_llm(struct task *t, int argc, char **argv)
{
    struct options o = {.listen.status = 200};
    if (!read_options(argc, argv, &o)) {
        fputs(USAGE, stderr);
        return 2;
    }
    struct buf *in = task_buf(t, (size_t)64 << 20);
    if (!read_input(in)) {
        fputs("The answer could not be read: it is longer than 64 MB, or standard input failed.\n", stderr);
        return 1;
    }
    struct llm_decoder *d = llm_decoder_open(t, &o.listen);
    struct span rest = buf_view(in);
    while (rest.n > 0) {
        struct span piece = o.chunk > 0 ? span_first(rest, o.chunk) : rest;
        llm_decoder_feed(d, piece);
        rest = span_from(rest, piece.n);
    }
    struct llm_reply reply;
    llm_decoder_end(d, &reply);
    struct buf *out = task_buf(t, (size_t)128 << 20);
    llm_reply_put(out, &reply);
    buf_putc(out, '\n');
    return !out->failed && fsio_write_all(STDOUT_FILENO, buf_view(out)) ? 0 : 1;
}

/* fuzz: lyc_http */
/* fuzz_request: a whole environment as libfcgi gives it (lines of NAME=value), an empty line, a body: always a reply.
 */
#include "base/id.h"
#include "base/must.h"
#include "http/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { FUZZ_VARIABLES = 64 };

static enum err
handle(struct task *t, const struct http_request *req, struct http_response *out, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < req->n_segments; i++)
        buf_span(out->body, req->segment[i]);
    return req->n_segments > 3 ? task_fail(t, E_NOTFOUND, "There is no page at this address.") : E_OK;
}

static const struct http_service service = {.body_bytes = 4096, .origin = "http://127.0.0.1:8080", .handle = handle};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    id_init();
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct task t;
    struct http_request req;
    struct http_response out;
    char *environment[FUZZ_VARIABLES + 1] = {0};
    struct span rest = {(const char *)data, size}, line;
    size_t n = 0;
    task_begin(&t, 0);
    while (n < FUZZ_VARIABLES && span_cut(&rest, '\n', &line) && line.n > 0)
        environment[n++] = task_z(&t, line);
    http_answer(&t, &service, environment, rest, &req, &out);
    must(out.status >= 200 && out.status < 600 && http_response_head(&out).n > 0);
    task_end(&t);
    return 0;
}

/* jobs: a list in order of arrival. */
#include "query/jobs.h"

#include "base/clock.h"
#include "query/rows.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { READ_MS = 2000, REPLY_SLACK_BYTES = 1 << 20 };

void
jobs_init(struct jobs *js)
{
    *js = (struct jobs){0};
    pool_init(&js->pool, sizeof(struct job));
}

struct job *
jobs_add(struct jobs *js, int client, const char *role)
{
    struct job *j = pool_take(&js->pool);
    *j = (struct job){.prev = js->last,
        .state = JOB_READING,
        .client = {WATCH_CLIENT, client, j},
        .child = {WATCH_CHILD, -1, j},
        .pidfd = -1,
        .role = role,
        .due_ms = clock_mono_ms() + READ_MS};
    buf_init(&j->in, JOB_REQUEST_BYTES + 8);
    buf_init(&j->out, ROWS_REPLY_BYTES + REPLY_SLACK_BYTES);
    *(js->last ? &js->last->next : &js->first) = j;
    js->last = j;
    js->n++;
    return j;
}

size_t
jobs_of(const struct jobs *js, const char *role, bool running)
{
    size_t n = 0;
    for (const struct job *j = js->first; j; j = j->next)
        n += j->role == role && (running ? j->state == JOB_RUNNING : j->state != JOB_OVER);
    return n;
}

static void
shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void
jobs_drop_child(struct jobs *js, struct job *j)
{
    if (j->child.fd < 0)
        return;
    syscall(SYS_pidfd_send_signal, j->pidfd, SIGKILL, NULL, 0); /* it may have ended: nothing is lost then */
    shut(&j->child.fd);
    shut(&j->pidfd);
    js->running--;
}

void
jobs_finish(struct jobs *js, struct job *j)
{
    jobs_drop_child(js, j);
    shut(&j->client.fd);
    j->state = JOB_OVER;
}

void
jobs_sweep(struct jobs *js)
{
    for (struct job *j = js->first, *next; j; j = next) {
        next = j->next;
        if (j->state != JOB_OVER)
            continue;
        *(j->prev ? &j->prev->next : &js->first) = j->next;
        *(j->next ? &j->next->prev : &js->last) = j->prev;
        buf_reset(&j->in);
        buf_reset(&j->out);
        pool_give(&js->pool, j);
        js->n--;
    }
}

int
jobs_wait_ms(const struct jobs *js)
{
    int64_t first = 0, now = clock_mono_ms();
    for (const struct job *j = js->first; j; j = j->next)
        if (first == 0 || j->due_ms < first)
            first = j->due_ms;
    if (first == 0)
        return -1;
    return first <= now ? 0 : (int)(first - now);
}

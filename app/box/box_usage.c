/* box_usage: what a box costs this machine. */
#include "box/box_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* "Name:   123 kB" among the lines. */
static uint64_t
kilobytes(struct span text, const char *name)
{
    struct span line;
    uint64_t n = 0;
    while (span_cut(&text, '\n', &line)) {
        if (!span_starts(line, name))
            continue;
        struct span value = span_trim(span_from(line, strlen(name)));
        if (span_ends(value, " kB") && span_u64(span_trim(span_first(value, value.n - 3)), &n))
            return n;
    }
    return 0;
}

static enum err
read_text(struct task *t, const char *path, char *text, size_t room, struct span *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, room) : -1;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return task_fail(t, E_UNAVAILABLE, "What the box costs can't be read: %s.", strerror(why));
    *out = (struct span){text, (size_t)n};
    return E_OK;
}

enum err
box_usage(struct task *t, struct box *b, uint64_t *private_bytes)
{
    char text[8192];
    struct span s;
    enum err e = box_look_up(t, b);
    if (e == E_OK)
        e = read_text(t, task_printf(t, "/proc/%d/smaps_rollup", b->pid), text, sizeof text, &s);
    if (e != E_OK)
        return e;
    *private_bytes = kilobytes(s, "Private_Dirty:") * 1024;
    e = read_text(t, task_printf(t, "/proc/%d/status", b->pid), text, sizeof text, &s);
    if (e == E_OK)
        *private_bytes += kilobytes(s, "VmPTE:") * 1024;
    return e;
}

/* log: lines on standard error, for the supervisor to keep. */
#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const char *name = "lyceum";

void
log_name(const char *program)
{
    name = program;
}

void
log_line(const struct task *t, const char *fmt, ...)
{
    char when[21];
    char line[1024];
    va_list ap;
    clock_iso(clock_unix_ms(), when);
    int n = snprintf(line, sizeof line, "%s %s[%d] %s: ", when, name, (int)getpid(), t ? t->id : "-");
    if (n < 0)
        return;
    va_start(ap, fmt);
    int m = vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
    va_end(ap);
    size_t len = (size_t)n + (m > 0 ? (size_t)m : 0);
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    for (size_t i = 0; i < len; i++) /* what others sent must not look like a line of ours */
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    ssize_t w = write(STDERR_FILENO, line, len); /* one write: lines of several processes do not mix */
    (void)w;
}

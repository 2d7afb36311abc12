/* cli_ask_secret: reading without echo. */
#include "cli/cli_ask_secret.h"

#include "base/fsio.h"

#include <termios.h>
#include <unistd.h>

static enum err
read_until(struct task *t, bool line, struct span *out)
{
    struct buf *b = task_buf(t, CLI_SECRET_BYTES);
    char c;
    while (read(STDIN_FILENO, &c, 1) == 1) {
        if (line && c == '\n')
            break;
        buf_putc(b, c);
    }
    if (b->failed)
        return task_fail(t, E_LIMIT, "That is longer than %d bytes.", CLI_SECRET_BYTES);
    *out = buf_view(b);
    if (!line && out->n > 0 && out->p[out->n - 1] == '\n')
        out->n--;
    if (out->n > 0 && out->p[out->n - 1] == '\r')
        out->n--;
    return E_OK;
}

static enum err
ask_once(struct task *t, const char *prompt, struct span *out)
{
    struct termios old, quiet;
    fsio_write_all(STDERR_FILENO, task_format(t, "%s: ", prompt));
    bool echo = tcgetattr(STDIN_FILENO, &old) == 0;
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    if (echo)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    enum err e = read_until(t, true, out);
    if (echo)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
    fsio_write_all(STDERR_FILENO, SPAN("\n"));
    return e;
}

enum err
cli_ask_secret(struct task *t, const char *prompt, bool again, struct span *out)
{
    struct span second;
    bool terminal = isatty(STDIN_FILENO);
    if ((terminal ? ask_once(t, prompt, out) : read_until(t, false, out)) != E_OK)
        return t->err;
    if (out->n == 0)
        return task_fail(t, E_INVALID, "Nothing was typed. Nothing was changed.");
    if (!terminal || !again)
        return E_OK;
    if (ask_once(t, "Once more", &second) != E_OK)
        return t->err;
    return span_eq(*out, second) ? E_OK : task_fail(t, E_INVALID, "The two are not the same. Nothing was changed.");
}

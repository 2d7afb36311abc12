/* cli_keys: signing keys on disk. */
#include "cli/cli_keys.h"

#include "base/fsio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 1024 };

const char *
cli_keys_folder(struct task *t)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && config[0] == '/')
        return task_printf(t, "%s/lyceum/keys", config);
    return task_printf(t, "%s/.config/lyceum/keys", home && home[0] == '/' ? home : "/root");
}

static enum err
make_folder(struct task *t, const char *path)
{
    for (const char *s = strchr(path + 1, '/'); s; s = strchr(s + 1, '/')) {
        const char *part = task_printf(t, "%.*s", (int)(s - path), path);
        if (access(part, F_OK) != 0 && fsio_mkdir(t, part, 0700) != E_OK)
            return t->err;
    }
    return access(path, F_OK) == 0 ? E_OK : fsio_mkdir(t, path, 0700);
}

static const char *
path_of(struct task *t, const char *file, const char *end)
{
    return strchr(file, '/') ? file : task_printf(t, "%s/%s.%s", cli_keys_folder(t), file, end);
}

static bool
is_file_name(const char *z)
{
    return z[0] != '\0' && z[0] != '.' && z[0] != '-' && strlen(z) <= 64 &&
           span_only(span_of(z), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
}

enum err
cli_key_new(struct task *t, const char *file, const char *name, struct note_secret *out)
{
    const char *path = path_of(t, file, "key");
    if (!is_file_name(file))
        return task_fail(
            t, E_INVALID, "A key is kept under a name of letters, digits and . _ - (--name is for how it signs).");
    if (access(path, F_OK) == 0)
        return task_fail(t, E_CONFLICT, "There is a key %s already; it is not overwritten.", file);
    if (make_folder(t, cli_keys_folder(t)) != E_OK || note_secret_new(t, span_of(name), out) != E_OK)
        return t->err;
    struct span secret = task_format(t, "%.*s\n", SPAN_ARG(note_secret_text(t, out)));
    struct span public = task_format(t, "%.*s\n", SPAN_ARG(note_key_text(t, &out->key)));
    if (fsio_write_atomic(t, path, secret, 0600) != E_OK)
        return t->err;
    return fsio_write_atomic(t, path_of(t, file, "pub"), public, 0644);
}

enum err
cli_key_read(struct task *t, const char *file, struct note_secret *out)
{
    const char *path = path_of(t, file, "key");
    struct span text;
    struct stat st;
    if (stat(path, &st) != 0)
        return task_fail(t, E_NOTFOUND, "There is no key %s. Make one: lyceum plugin key new %s", path, file);
    if ((st.st_mode & 077) != 0)
        return task_fail(t, E_DENIED, "Others may read the key %s: chmod 600 it, and think of making a new one.", path);
    if (fsio_read(t, path, KEY_BYTES, &text) != E_OK)
        return t->err;
    return note_secret_read(t, task_dup(t, span_trim(text)), out);
}

enum err
cli_key_public(struct task *t, const char *text, struct note_key *out)
{
    struct span s = span_of(text);
    if (!strchr(text, '+') && fsio_read(t, path_of(t, text, "pub"), KEY_BYTES, &s) != E_OK)
        return t->err;
    return note_key_read(t, task_dup(t, span_trim(s)), out);
}

/* place: where the built interpreter is. */
#include "box/place.h"

#include "box/image.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const unsigned char *
place_base_key(void)
{
    static const unsigned char key[IMAGE_KEY_BYTES] = "base images of the sandbox, 1";
    return key;
}

static bool
holds(struct task *t, const char *folder)
{
    return access(task_printf(t, "%s/python.so", folder), R_OK) == 0 &&
           access(task_printf(t, "%s/stdlib.pack", folder), R_OK) == 0;
}

/* The folder of this very program. */
static const char *
own_folder(struct task *t)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return "/nonexistent";
    path[n] = 0;
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = 0;
    return task_printf(t, "%s", path);
}

enum err
place_find(struct task *t, struct place *out)
{
    const char *own = own_folder(t), *named = getenv("LYCEUM_BOX"), *cache = getenv("LYCEUM_CACHE"),
               *home = getenv("HOME");
    const char *const folders[] = {
        task_printf(t, "%s/../box", own),
        task_printf(t, "%s/../lib/lyceum/box", own),
        task_printf(t, "%s/box/current", cache ? cache : "/nonexistent"),
        "/var/cache/lyceum/box/current",
        task_printf(t, "%s/.cache/lyceum/box/current", home ? home : "/nonexistent"),
    };
    out->zygote = task_printf(t, "%s/lyceum-zygote", own);
    if (access(out->zygote, X_OK) != 0)
        out->zygote = task_printf(t, "%s/../lyceum-zygote", own); /* a test's program lies a folder below */
    out->folder = named && named[0] && holds(t, named) ? named : NULL;
    for (size_t i = 0; !named && !out->folder && i < sizeof folders / sizeof folders[0]; i++)
        if (holds(t, folders[i]))
            out->folder = folders[i];
    if (!out->folder)
        return task_fail(t, E_NOTFOUND, "The sandbox's Python has not been built here. " PLACE_HOW);
    out->base = task_printf(t, "%s/base.image", out->folder);
    return E_OK;
}

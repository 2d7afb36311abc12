/* zygote: boots or wakes the interpreter, leaves the machine behind, and forks boxes. */
#include "box/zygote.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/must.h"
#include "box/confine.h"
#include "box/hot.h"
#include "box/image.h"
#include "box/place.h"
#include "box/space.h"
#include "box/talk.h"
#include "box/worker.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct zygote {
    struct worker worker;
    struct image_state state; /* of a fresh box */
    unsigned char key[HASH_BYTES];
    uint64_t born; /* boxes so far */
    struct hot hot;
};

/* 1. Start. */

static enum err
load_module(struct task *t, const char *folder, const struct box_module **out)
{
    void *library = dlopen(task_printf(t, "%s/python.so", folder), RTLD_NOW | RTLD_LOCAL);
    const struct box_module *m = library ? dlsym(library, BOX_MODULE_SYMBOL) : NULL;
    if (!m)
        return task_fail(t, E_UNAVAILABLE, "The sandbox's interpreter can't be loaded (%s). %s", dlerror(), PLACE_HOW);
    if (m->abi != BOX_ABI)
        return task_fail(t, E_UNAVAILABLE, "The sandbox's interpreter is of another version. %s", PLACE_HOW);
    *out = m;
    return E_OK;
}

static enum err
load_pack(struct task *t, const char *folder, struct pack *out)
{
    struct stat st;
    int fd = open(task_printf(t, "%s/stdlib.pack", folder), O_RDONLY | O_CLOEXEC);
    void *at = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    if (at == MAP_FAILED)
        return task_fail(
            t, E_UNAVAILABLE, "The interpreter's library can't be read (%s). %s", strerror(errno), PLACE_HOW);
    return pack_open(t, (struct span){at, (size_t)st.st_size}, out);
}

/* Boots Python, and makes what came of it the base image. */
static enum err
boot(struct task *t, struct zygote *z, struct image *out)
{
    struct worker *w = &z->worker;
    work_format(w->guest.work);
    int32_t status = w->module->init();
    if (status != 0)
        return task_fail(t, E_INTERNAL, "Python did not boot in the sandbox (%d).", (int)status);
    struct image_state state = {(uint32_t)(w->guest.size_bytes / BOX_PAGE_BYTES), w->module->stack()};
    return space_freeze(t, state, out);
}

/* A base image that was saved is taken as it is: its folder belongs to who installed the interpreter. */
static enum err
wake(struct task *t, const char *saved, struct image *out)
{
    struct image_range *range;
    enum err e = image_load(t, saved, place_base_key(), out);
    if (e == E_OK) {
        int fd = out->fd;
        e = image_read(t, fd, space_pieces, SPACE_PIECES, out, &range);
        if (e != E_OK)
            close(fd);
    }
    return e;
}

static enum err
make_base(struct task *t, struct zygote *z, const char *saved, struct image *out)
{
    if (saved[0] != 0 && wake(t, saved, out) == E_OK)
        return E_OK;
    task_clear_error(t); /* there is none yet, or it is of no use: a new one */
    enum err e = boot(t, z, out);
    if (e == E_OK && saved[0] != 0 && image_save(t, out, place_base_key(), saved) != E_OK)
        task_clear_error(t); /* a folder that can't be written: the next start boots again */
    return e;
}

static enum err
start(struct task *t, struct zygote *z, const char *folder, const char *saved)
{
    const struct box_module *module = NULL;
    struct image base = {.fd = -1};
    enum err e = load_module(t, folder, &module);
    if (e == E_OK)
        e = space_open(t);
    if (e != E_OK)
        return e;
    must(module);
    worker_begin(&z->worker, module);
    e = load_pack(t, folder, &z->worker.guest.pack);
    if (e != E_OK)
        return e;
    module->start(&z->worker.hooks);
    e = make_base(t, z, saved, &base);
    if (e == E_OK)
        e = space_key(t, &base, module->build, z->key);
    if (e == E_OK)
        e = space_base(t, &base);
    z->state = base.state;
    z->worker.guest.size_bytes = (uint64_t)base.state.pages * BOX_PAGE_BYTES;
    image_close(&base);
    if (e != E_OK)
        return e;
    module->set_pages(z->state.pages);
    module->set_stack(z->state.stack);
    hot_learn(&z->worker, &z->hot);
    return worker_signals(t, &z->worker);
}

/* 2. Forking. */

static enum err
wake_from(struct task *t, struct zygote *z, int fd)
{
    struct image im;
    struct image_range *range;
    struct guest *g = &z->worker.guest;
    enum err e = image_read(t, fd, space_pieces, SPACE_PIECES, &im, &range);
    if (e != E_OK)
        return e;
    if (im.state.pages < z->state.pages || memcmp(im.base, z->key, HASH_BYTES) != 0 ||
        !space_grow(z->state.pages, im.state.pages))
        return task_fail(t, E_CORRUPT, "This checkpoint is of another build of the sandbox.");
    e = space_restore(t, &im, range);
    if (e != E_OK)
        return e;
    if (!work_sound(g->work))
        return task_fail(t, E_CORRUPT, "The files in this checkpoint are damaged.");
    g->size_bytes = (uint64_t)im.state.pages * BOX_PAGE_BYTES;
    z->worker.module->set_pages(im.state.pages);
    z->worker.module->set_stack(im.state.stack);
    return E_OK;
}

static _Noreturn void
be_worker(struct task *t, struct zygote *z, const struct frame *f, const int fd[TALK_FDS])
{
    uint64_t memory = (uint64_t)frame_i64(f, "memory_bytes", 0);
    z->worker.guest.cap_bytes = memory;
    if (fd[1] >= 0 && wake_from(t, z, fd[1]) != E_OK)
        _exit(73);
    if (fd[1] < 0)
        hot_touch(&z->hot);
    dup2(fd[0], TALK_ZYGOTE_FD);
    close_range(TALK_ZYGOTE_FD + 1, ~0U, 0);
    task_end(t);
    confine_worker(z->born, memory);
    worker_serve(&z->worker);
}

static enum err
reply_spawned(struct task *t, pid_t child)
{
    struct buf *out = task_buf(t, 4096);
    int process = (int)syscall(SYS_pidfd_open, child, 0);
    if (process < 0)
        return task_fail(t, E_UNAVAILABLE, "A box ended at its start.");
    size_t mark = frame_begin(out, "spawned");
    frame_end(out, mark);
    enum err e = talk_send(t, TALK_ZYGOTE_FD, buf_view(out), &process, 1);
    close(process);
    return e;
}

static enum err
spawn(struct task *t, struct zygote *z, const struct frame *f, const int fd[TALK_FDS])
{
    if (!frame_is(f, "spawn") || fd[0] < 0)
        return task_fail(t, E_INVALID, "The sandbox's zygote does not know this message.");
    z->born++;
    pid_t child = fork();
    if (child < 0)
        return task_fail(t, E_UNAVAILABLE, "There is no room for another box: %s.", strerror(errno));
    if (child == 0)
        be_worker(t, z, f, fd);
    return reply_spawned(t, child);
}

static enum err
tell_failure(struct task *t, struct task *failed)
{
    struct buf *out = task_buf(t, 4096);
    frame_put_error(out, failed->err, failed->cause);
    return talk_send(t, TALK_ZYGOTE_FD, buf_view(out), NULL, 0);
}

/* One request; false when the supervisor has gone. */
static bool
serve_one(struct zygote *z)
{
    struct task t, reply;
    struct frame f;
    int fd[TALK_FDS];
    task_begin(&t, 0);
    enum err e = talk_recv(&t, TALK_ZYGOTE_FD, &f, fd);
    bool there = e == E_OK;
    if (there)
        e = spawn(&t, z, &f, fd);
    for (size_t i = 0; i < TALK_FDS; i++)
        if (fd[i] >= 0)
            close(fd[i]);
    if (there && e != E_OK) {
        task_begin(&reply, 0);
        there = tell_failure(&reply, &t) == E_OK;
        task_end(&reply);
    }
    task_end(&t);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    return there;
}

static enum err
tell_ready(struct task *t, const struct zygote *z, int64_t boot_us, struct span isolation)
{
    struct buf *out = task_buf(t, 4096);
    size_t mark = frame_begin(out, "ready");
    frame_put_i64(out, "pages", z->state.pages);
    frame_put_i64(out, "stack", z->state.stack);
    frame_put(out, "key", (struct span){(const char *)z->key, HASH_BYTES});
    frame_put_z(out, "build", z->worker.module->build);
    frame_put_i64(out, "boot_us", boot_us);
    frame_put(out, "isolation", isolation);
    frame_end(out, mark);
    return talk_send(t, TALK_ZYGOTE_FD, buf_view(out), NULL, 0);
}

int
zygote_main(int argc, char **argv)
{
    static struct zygote z;
    struct task t, reply;
    struct span isolation = SPAN_NONE;
    int64_t began = clock_mono_us();
    if (argc != 3) {
        log_line(NULL, "this program is started by the sandbox's supervisor");
        return 2;
    }
    task_begin(&t, 0);
    enum err e = start(&t, &z, argv[1], argv[2]);
    int64_t boot_us = clock_mono_us() - began;
    if (e == E_OK)
        e = confine_zygote(&t, &isolation);
    if (e == E_OK)
        e = tell_ready(&t, &z, boot_us, isolation);
    if (e != E_OK) {
        task_begin(&reply, 0);
        tell_failure(&reply, &t);
        task_end(&reply);
    }
    task_end(&t);
    while (e == E_OK && serve_one(&z))
        continue;
    return e == E_OK ? 0 : 1;
}

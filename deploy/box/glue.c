/* glue: the native side of python.so: WebAssembly's runtime as the host wants it, and the guest's calls handed on. */
#include "box/module.h"

#include "memory.h"
#include "py.h"

#include <sys/mman.h>

_Static_assert(BOX_MEMORY_ADDRESS == BOX_MEMORY_AT, "memory.h and module.h disagree");

struct Z_box_instance_t {
    int unused;
};
struct Z_wasi_snapshot_preview1_instance_t {
    int unused;
};

static const struct box_hooks *host;
__attribute__((visibility("hidden"))) Z_py_instance_t box_guest; /* translated code names it */
static struct Z_box_instance_t box_instance;
static struct Z_wasi_snapshot_preview1_instance_t wasi_instance;

/* 1. The runtime that wasm2c's code asks for. */

static const enum box_trap traps[] = {
    [WASM_RT_TRAP_OOB] = BOX_TRAP_MEMORY,
    [WASM_RT_TRAP_INT_OVERFLOW] = BOX_TRAP_ARITHMETIC,
    [WASM_RT_TRAP_DIV_BY_ZERO] = BOX_TRAP_ARITHMETIC,
    [WASM_RT_TRAP_INVALID_CONVERSION] = BOX_TRAP_ARITHMETIC,
    [WASM_RT_TRAP_UNREACHABLE] = BOX_TRAP_UNREACHABLE,
    [WASM_RT_TRAP_CALL_INDIRECT] = BOX_TRAP_CALL,
    [WASM_RT_TRAP_UNCAUGHT_EXCEPTION] = BOX_TRAP_UNREACHABLE,
    [WASM_RT_TRAP_EXHAUSTION] = BOX_TRAP_STACK,
};

void
wasm_rt_trap(wasm_rt_trap_t why)
{
    host->trap(host->env, traps[why]);
    __builtin_trap();
}

bool
wasm_rt_is_initialized(void)
{
    return host != NULL;
}

/* Numbers in order, from one: split.mjs has seen to it that no two types are alike. */
uint32_t
wasm_rt_register_func_type(uint32_t params, uint32_t results, ...)
{
    static uint32_t n;
    (void)params;
    (void)results;
    return ++n;
}

void
wasm_rt_allocate_memory(wasm_rt_memory_t *m, uint32_t pages, uint32_t most)
{
    *m = (wasm_rt_memory_t){.data = BOX_MEMORY, .max_pages = most};
    if (host->grow(host->env, pages) != 0)
        host->trap(host->env, BOX_TRAP_MEMORY);
    m->pages = pages;
    m->size = pages * (uint32_t)BOX_PAGE_BYTES;
}

uint32_t
wasm_rt_grow_memory(wasm_rt_memory_t *m, uint32_t pages)
{
    uint32_t before = host->grow(host->env, pages);
    if (before != UINT32_MAX) {
        m->pages = before + pages;
        m->size = m->pages * (uint32_t)BOX_PAGE_BYTES;
    }
    return before;
}

/* The table of functions is written once, by instantiate; then it is sealed. */
void
wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t n, uint32_t most)
{
    (void)most;
    void *at = mmap(NULL, n * sizeof(wasm_rt_funcref_t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        host->trap(host->env, BOX_TRAP_MEMORY);
    *table = (wasm_rt_funcref_table_t){.data = at, .size = n, .max_size = n};
}

void
wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table)
{
    (void)table;
}

void
wasm_rt_free_memory(wasm_rt_memory_t *m)
{
    (void)m;
}

/* 2. Calls out of the guest: all of them one call of the host's. */

#define HAND_ON(name, ...) return host->call(host->env, BOX_CALL_##name, (const uint64_t[BOX_CALL_ARGS]){__VA_ARGS__})
#define WASI(name, params, ...)                                                                                        \
    u32 Z_wasi_snapshot_preview1Z_##name params                                                                        \
    {                                                                                                                  \
        (void)e;                                                                                                       \
        HAND_ON(name, __VA_ARGS__);                                                                                    \
    }
#define BOX(name, params, ...)                                                                                         \
    u32 Z_boxZ_##name params                                                                                           \
    {                                                                                                                  \
        (void)e;                                                                                                       \
        HAND_ON(name, __VA_ARGS__);                                                                                    \
    }
#define W struct Z_wasi_snapshot_preview1_instance_t *e
#define B struct Z_box_instance_t *e

BOX(call, (B, u32 a, u32 b), a, b)
BOX(fetch, (B, u32 a, u32 b), a, b)
BOX(emit, (B, u32 a, u32 b, u32 c), a, b, c)
WASI(environ_get, (W, u32 a, u32 b), a, b)
WASI(environ_sizes_get, (W, u32 a, u32 b), a, b)
WASI(clock_res_get, (W, u32 a, u32 b), a, b)
WASI(clock_time_get, (W, u32 a, u64 b, u32 c), a, b, c)
WASI(fd_advise, (W, u32 a, u64 b, u64 c, u32 d), a, b, c, d)
WASI(fd_allocate, (W, u32 a, u64 b, u64 c), a, b, c)
WASI(fd_close, (W, u32 a), a)
WASI(fd_datasync, (W, u32 a), a)
WASI(fd_fdstat_get, (W, u32 a, u32 b), a, b)
WASI(fd_fdstat_set_flags, (W, u32 a, u32 b), a, b)
WASI(fd_filestat_get, (W, u32 a, u32 b), a, b)
WASI(fd_filestat_set_size, (W, u32 a, u64 b), a, b)
WASI(fd_filestat_set_times, (W, u32 a, u64 b, u64 c, u32 d), a, b, c, d)
WASI(fd_pread, (W, u32 a, u32 b, u32 c, u64 d, u32 f), a, b, c, d, f)
WASI(fd_prestat_dir_name, (W, u32 a, u32 b, u32 c), a, b, c)
WASI(fd_prestat_get, (W, u32 a, u32 b), a, b)
WASI(fd_pwrite, (W, u32 a, u32 b, u32 c, u64 d, u32 f), a, b, c, d, f)
WASI(fd_read, (W, u32 a, u32 b, u32 c, u32 d), a, b, c, d)
WASI(fd_readdir, (W, u32 a, u32 b, u32 c, u64 d, u32 f), a, b, c, d, f)
WASI(fd_seek, (W, u32 a, u64 b, u32 c, u32 d), a, b, c, d)
WASI(fd_sync, (W, u32 a), a)
WASI(fd_tell, (W, u32 a, u32 b), a, b)
WASI(fd_write, (W, u32 a, u32 b, u32 c, u32 d), a, b, c, d)
WASI(path_create_directory, (W, u32 a, u32 b, u32 c), a, b, c)
WASI(path_filestat_get, (W, u32 a, u32 b, u32 c, u32 d, u32 f), a, b, c, d, f)
WASI(path_filestat_set_times, (W, u32 a, u32 b, u32 c, u32 d, u64 f, u64 g, u32 h), a, b, c, d, f, g, h)
WASI(path_link, (W, u32 a, u32 b, u32 c, u32 d, u32 f, u32 g, u32 h), a, b, c, d, f, g, h)
WASI(path_open, (W, u32 a, u32 b, u32 c, u32 d, u32 f, u64 g, u64 h, u32 i, u32 j), a, b, c, d, f, g, h, i, j)
WASI(path_readlink, (W, u32 a, u32 b, u32 c, u32 d, u32 f, u32 g), a, b, c, d, f, g)
WASI(path_remove_directory, (W, u32 a, u32 b, u32 c), a, b, c)
WASI(path_rename, (W, u32 a, u32 b, u32 c, u32 d, u32 f, u32 g), a, b, c, d, f, g)
WASI(path_symlink, (W, u32 a, u32 b, u32 c, u32 d, u32 f), a, b, c, d, f)
WASI(path_unlink_file, (W, u32 a, u32 b, u32 c), a, b, c)
WASI(poll_oneoff, (W, u32 a, u32 b, u32 c, u32 d), a, b, c, d)
WASI(random_get, (W, u32 a, u32 b), a, b)

u32
Z_wasi_snapshot_preview1Z_sched_yield(W)
{
    (void)e;
    HAND_ON(sched_yield, 0);
}

void
Z_wasi_snapshot_preview1Z_proc_exit(W, u32 status)
{
    (void)e;
    (void)status;
    host->trap(host->env, BOX_TRAP_EXIT);
}

/* 3. Calls into the guest. */

static void
start(const struct box_hooks *hooks)
{
    host = hooks;
    Z_py_init_module();
    Z_py_instantiate(&box_guest, &box_instance, &wasi_instance);
    mprotect(box_guest.w2c_T0.data, box_guest.w2c_T0.size * sizeof(wasm_rt_funcref_t), PROT_READ);
}

static int32_t
init(void)
{
    Z_pyZ__initialize(&box_guest);
    return (int32_t)Z_pyZ_box_init(&box_guest);
}

static int32_t
wake(void)
{
    return (int32_t)Z_pyZ_box_wake(&box_guest);
}

static uint32_t
alloc(uint32_t bytes)
{
    return Z_pyZ_box_alloc(&box_guest, bytes);
}

static void
release(uint32_t at)
{
    Z_pyZ_box_free(&box_guest, at);
}

static int32_t
exec(uint32_t source, uint32_t bytes)
{
    return (int32_t)Z_pyZ_box_exec(&box_guest, source, bytes);
}

/* The interrupted function may use memory just below the stack pointer that it has not moved yet, or not at all. */
static void
interrupt(void)
{
    uint32_t before = box_guest.w2c_g0;
    if (before < 8192)
        return; /* the guest's stack is about to end anyway */
    box_guest.w2c_g0 = before - 4096;
    Z_pyZ_box_interrupt(&box_guest);
    box_guest.w2c_g0 = before;
}

static uint32_t
stack(void)
{
    return box_guest.w2c_g0;
}

static void
set_stack(uint32_t at)
{
    box_guest.w2c_g0 = at;
}

static void
set_pages(uint32_t pages)
{
    box_guest.w2c_memory.pages = pages;
    box_guest.w2c_memory.size = pages * (uint32_t)BOX_PAGE_BYTES;
}

__attribute__((visibility("default"))) const struct box_module lyceum_box_module = {
    .abi = BOX_ABI,
    .build = BOX_BUILD,
    .start = start,
    .init = init,
    .wake = wake,
    .alloc = alloc,
    .release = release,
    .exec = exec,
    .interrupt = interrupt,
    .stack = stack,
    .set_stack = set_stack,
    .set_pages = set_pages,
};

/* module: what the host and the translated interpreter (python.so) agree on. The interpreter is built apart from us, by
 * deploy/scripts/box-python, out of deploy/box/glue.c and what wasm2c made; we load it at run time. */
#ifndef BOX_MODULE_H
#define BOX_MODULE_H

#include <stdint.h>

/* Goes up with any change here, in the layout of the files' arena, or in what a guest pointer means: it is part of the
 * key of every checkpoint. */
enum { BOX_ABI = 1 };

/* The guest's memory: a constant address (deploy/box/memory.h), and room for every address that translated code can
 * make: 32 bits of index and 32 bits of offset. */
#define BOX_MEMORY_AT 0x10000000UL
#define BOX_MEMORY_RESERVE (0x200000000UL + 0x10000UL)
enum { BOX_PAGE_BYTES = 65536 }; /* of WebAssembly */

/* Calls from the guest: WASI's names, and three of ours. The order is the number. */
#define BOX_CALLS(X)                                                                                                   \
    X(call)                                                                                                            \
    X(fetch)                                                                                                           \
    X(emit)                                                                                                            \
    X(environ_get)                                                                                                     \
    X(environ_sizes_get)                                                                                               \
    X(clock_res_get)                                                                                                   \
    X(clock_time_get)                                                                                                  \
    X(fd_advise)                                                                                                       \
    X(fd_allocate)                                                                                                     \
    X(fd_close)                                                                                                        \
    X(fd_datasync)                                                                                                     \
    X(fd_fdstat_get)                                                                                                   \
    X(fd_fdstat_set_flags)                                                                                             \
    X(fd_filestat_get)                                                                                                 \
    X(fd_filestat_set_size)                                                                                            \
    X(fd_filestat_set_times)                                                                                           \
    X(fd_pread)                                                                                                        \
    X(fd_prestat_dir_name)                                                                                             \
    X(fd_prestat_get)                                                                                                  \
    X(fd_pwrite)                                                                                                       \
    X(fd_read)                                                                                                         \
    X(fd_readdir)                                                                                                      \
    X(fd_seek)                                                                                                         \
    X(fd_sync)                                                                                                         \
    X(fd_tell)                                                                                                         \
    X(fd_write)                                                                                                        \
    X(path_create_directory)                                                                                           \
    X(path_filestat_get)                                                                                               \
    X(path_filestat_set_times)                                                                                         \
    X(path_link)                                                                                                       \
    X(path_open)                                                                                                       \
    X(path_readlink)                                                                                                   \
    X(path_remove_directory)                                                                                           \
    X(path_rename)                                                                                                     \
    X(path_symlink)                                                                                                    \
    X(path_unlink_file)                                                                                                \
    X(poll_oneoff)                                                                                                     \
    X(random_get)                                                                                                      \
    X(sched_yield)

#define BOX_CALL_NUMBER(name) BOX_CALL_##name,
enum box_call { BOX_CALLS(BOX_CALL_NUMBER) BOX_CALL_COUNT };
enum { BOX_CALL_ARGS = 9 };

/* Why the guest can't go on. */
enum box_trap {
    BOX_TRAP_NONE,
    BOX_TRAP_MEMORY, /* outside of its memory */
    BOX_TRAP_ARITHMETIC,
    BOX_TRAP_UNREACHABLE, /* it ended itself (abort, a fatal error of Python) */
    BOX_TRAP_CALL,        /* through a pointer that is no such function */
    BOX_TRAP_STACK,
    BOX_TRAP_EXIT,
    BOX_TRAP_COUNT
};

/* The host's side, given to `start`; it must live as long as the module. */
struct box_hooks {
    void *env;
    /* `arg` holds the call's integers, widened; what it returns is WASI's errno or, for ours, see guest.c. */
    uint32_t (*call)(void *env, enum box_call number, const uint64_t arg[BOX_CALL_ARGS]);
    /* memory.grow: the pages there were before, or UINT32_MAX. */
    uint32_t (*grow)(void *env, uint32_t pages);
    void (*trap)(void *env, enum box_trap why); /* does not return */
};

struct box_module {
    uint32_t abi;
    const char *build; /* key of all inputs of the build */
    void (*start)(const struct box_hooks *hooks);
    int32_t (*init)(void); /* boots Python; 0 when it did */
    int32_t (*wake)(void); /* in a fresh process */
    uint32_t (*alloc)(uint32_t bytes);
    void (*release)(uint32_t at);
    int32_t (*exec)(uint32_t source, uint32_t bytes);
    void (*interrupt)(void);        /* from a signal handler, while exec runs */
    uint32_t (*stack)(void);        /* the guest's stack pointer: with its memory, all there is to its state */
    void (*set_stack)(uint32_t at); /* after a restore */
    void (*set_pages)(uint32_t pages);
};

/* The one symbol that python.so exports. */
#define BOX_MODULE_SYMBOL "lyceum_box_module"

#endif

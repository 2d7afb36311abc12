/* guest_priv: guest pointers, and the shims of each group. */
#ifndef BOX_GUEST_PRIV_H
#define BOX_GUEST_PRIV_H

#include "box/guest.h"

/* `n` bytes of guest memory at `at`, or NULL when a byte of it is outside. */
unsigned char *guest_at(const struct guest *g, uint64_t at, uint64_t n);
/* Numbers in guest memory, little-endian; false when outside. */
bool guest_put32(struct guest *g, uint64_t at, uint32_t v);
bool guest_put64(struct guest *g, uint64_t at, uint64_t v);
bool guest_get32(const struct guest *g, uint64_t at, uint32_t *out);

/* A place in one of the two trees, or the top above both ("/": lib, work, tmp). */
struct guest_node {
    enum work_place place; /* WORK_IN_TOP, WORK_IN_PACK, WORK_IN_WORK */
    uint32_t node;
};
/* An open descriptor, or NULL. */
struct work_fd *guest_fd(struct guest *g, uint64_t fd);
/* What the path names, from the folder open as `fd`. When only the last name is missing: NOENT, *out is the folder it
 * would be in, and *last the name. `last` lies in the guest's memory. */
enum wasi_errno guest_resolve(
    struct guest *g, uint64_t fd, uint64_t path, uint64_t path_bytes, struct guest_node *out, struct span *last);
bool guest_is_folder(const struct guest *g, struct guest_node n);
uint64_t guest_size(const struct guest *g, struct guest_node n);
/* The nth entry of a folder: its name and what it is; false when there are fewer. */
bool guest_entry(
    const struct guest *g, struct guest_node folder, uint64_t nth, struct span *name, struct guest_node *out);
uint64_t guest_inode(struct guest_node n);

typedef uint32_t guest_shim(struct guest *g, const uint64_t *a);
#define GUEST_SHIM(name) guest_shim guest_shim_##name;
BOX_CALLS(GUEST_SHIM)

#endif

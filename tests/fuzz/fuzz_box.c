/* fuzz: lyc_box. The sandbox's guest calls: whatever numbers a guest passes, and whatever stands in its memory, nothing
 * outside of it is touched and its files stay sound. Each call is 1 byte of number, then its arguments, 2 bytes each.
 */
#include "../support/box_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small numbers, addresses that hold what the input holds, and the edges. */
static uint64_t
argument(uint16_t v)
{
    static const uint64_t edges[] = {WORLD_MEMORY, WORLD_MEMORY - 1, WORLD_MEMORY - 4, WORLD_MEMORY - 8,
        WORLD_MEMORY - 24, WORLD_MEMORY - 64, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff8};
    return v >= 0xff00 ? edges[v % (sizeof edges / sizeof edges[0])] : v;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CALL_BYTES = 1 + 2 * BOX_CALL_ARGS };
    static struct box_world *w;
    struct task t;
    task_begin(&t, 0);
    if (!w)
        w = box_world_new(&t);
    memset(w->guest.work, 0, offsetof(struct work, block));
    work_format(w->guest.work);
    memset(w->guest.memory, 0, WORLD_MEMORY);
    memcpy(w->guest.memory + 256, data, size < 32768 ? size : 32768);
    memcpy(w->guest.memory + 64, "work/alib/a.pytmp/..lib/sub", 27);
    for (; size >= CALL_BYTES; data += CALL_BYTES, size -= CALL_BYTES) {
        uint64_t args[BOX_CALL_ARGS];
        uint16_t v;
        for (size_t i = 0; i < BOX_CALL_ARGS; i++) {
            memcpy(&v, data + 1 + 2 * i, sizeof v);
            args[i] = argument(v);
        }
        guest_call(&w->guest, (enum box_call)(data[0] % BOX_CALL_COUNT), args);
    }
    must(box_world_whole(w));
    must(work_sound(w->guest.work));
    task_end(&t);
    return 0;
}

/* box_priv: pieces of a box that its files share. */
#ifndef BOX_BOX_PRIV_H
#define BOX_BOX_PRIV_H

#include "box/box.h"
#include "wire/frame.h"

/* Ends the worker, keeps the images. */
void box_stop(struct box *b);
/* A worker from `from` (NULL: fresh). */
enum err box_start(struct task *t, struct box *b, const struct image *from);
/* The next whole frame, within so many milliseconds; its spans live until the next call. E_DEADLINE: nothing yet;
 * E_UNAVAILABLE: the worker has ended; E_CORRUPT: it does not speak our language. None of these fails the task. */
enum err box_hear(struct task *t, struct box *b, int64_t wait_us, struct frame *out);
enum err box_say(struct task *t, struct box *b, struct span frames);
/* Finds its process in /proc, once. E_UNAVAILABLE: it has ended. */
enum err box_look_up(struct task *t, struct box *b);
/* Before a run of a box that has run already: to go back to. */
enum err box_remember(struct task *t, struct box *b);
/* Ends the worker and goes back to before the last run. */
enum err box_roll_back(struct task *t, struct box *b);
/* Takes the state at rest out of a "done" frame; false when it can't be. */
bool box_note_state(struct box *b, const struct frame *f);

#endif

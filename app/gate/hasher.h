/* hasher: passwords by argon2id, so few at a time that sign-ins can't eat the memory. */
#ifndef GATE_HASHER_H
#define GATE_HASHER_H

#include "base/task.h"

enum { HASHER_AT_ONCE = 2, PASSWORD_LOW_BYTES = 10, PASSWORD_BYTES = 512 };

struct hasher; /* memory shared by fork */

enum err hasher_make(struct task *t, struct hasher **out);
/* E_INVALID with a sentence when a password is too short or too long to be set. */
enum err password_check(struct task *t, struct span password);
/* The text to store. E_UNAVAILABLE when too many people sign in at this moment. */
enum err password_hash(struct task *t, struct hasher *h, struct span password, struct span *out);
/* Does it fit? stored empty (no such account, or one without a password): takes the same time, and is false. */
enum err password_fits(struct task *t, struct hasher *h, struct span stored, struct span password, bool *out);

#endif

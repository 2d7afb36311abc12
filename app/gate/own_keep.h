/* own_keep: storing what a person keeps or hands out, at once or after an approval (within gate's folder). All in the
 * caller's transaction. */
#ifndef GATE_OWN_KEEP_H
#define GATE_OWN_KEEP_H

#include "gate/object.h"
#include "store/auth_own.h"

enum { SAVED_NAME_BYTES = 200, SAVED_SQL_BYTES = 100000, SAVED_ABOUT_BYTES = 2000, SAVED_PARAMS = 100 };

/* {"name","dataset","sql","params"?,"about"?} within bounds: E_INVALID, E_LIMIT say what is not. */
enum err own_saved_read(struct task *t, const json_t *in, struct auth_saved *out);
/* Stores it as the owner's: the one of that name in that dataset is replaced, and is private again. s->id is set. */
enum err own_saved_store(struct task *t, struct gate *g, struct auth_saved *s, int64_t now_ms);

/* The owner's link to that turn: the one that is there, or a new one. *id: h_..., which is the secret. */
enum err own_share_store(struct task *t, struct gate *g, struct auth_share *s, int64_t now_ms, struct span *id);
/* The same id again, from what is stored and gate's secret. */
struct span own_share_id(struct task *t, const struct gate *g, const struct auth_share *s);

#endif

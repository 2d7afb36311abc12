/* record_priv: what both halves of the recorder share. */
#ifndef AGENT_RECORD_PRIV_H
#define AGENT_RECORD_PRIV_H

#include "agent/run_priv.h"

/* A transaction under the lease. Events of the log are appended before it opens; see tell.h. */
enum err record_open(struct task *t, struct run *r);
enum err record_close(struct task *t, struct run *r, enum err e);

/* Within one: */
enum err record_message(struct task *t, struct run *r, const char *role, const struct llm_message *m);
/* The results of all calls of the step as a message, once each has one. */
enum err record_results(struct task *t, struct run *r);
/* The turn's rest or end, if there is one. */
enum err record_put_end(struct task *t, struct run *r, const struct run_end *end);

/* Before one: the log's events of a rest or end. */
void record_tell_end(struct task *t, struct run *r, const struct run_end *end);
/* {key: text} */
struct span record_object(struct task *t, const char *key, struct span text);

#endif

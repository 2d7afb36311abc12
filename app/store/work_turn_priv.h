/* work_turn_priv: reading rows of table turn, shared by the queue and the leases. */
#ifndef STORE_WORK_TURN_PRIV_H
#define STORE_WORK_TURN_PRIV_H

#include "store/db.h"
#include "store/work_turn.h"

#define WORK_TURN_COLUMNS                                                                                              \
    "SELECT id, conversation, seq, state, ticket, model, question, outcome, error_code, error_text, waiting, answer,"  \
    " stop_asked, epoch, log_bytes, steps, ordinal, tokens_in, tokens_out, used_ms, created_ms, started_ms, ended_ms," \
    " approval FROM turn "

/* The current row of a statement that begins with WORK_TURN_COLUMNS. */
void work_turn_read(struct task *t, const struct db_rows *r, struct work_turn *out);

#endif

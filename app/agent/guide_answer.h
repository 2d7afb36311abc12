/* guide_answer: the rows of a plan's statement as a few sentences. */
#ifndef AGENT_GUIDE_ANSWER_H
#define AGENT_GUIDE_ANSWER_H

#include "agent/guide_plan.h"

/* result: what the tool sql gave (rows, columns, handle). Markdown. */
struct span guide_answer(struct task *t, const struct guide_plan *plan, const json_t *result);

#endif

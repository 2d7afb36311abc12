/* cleared: what a person is told when gate lets a model have nothing: why, and who may answer instead. */
#ifndef AGENT_CLEARED_H
#define AGENT_CLEARED_H

#include "base/task.h"

/* A full sentence or two for gate's code. context: the turn's (CONTRACTS, "Turn context"); model: its record there. For
 * "above-clearance" it names the models that are cleared for all datasets of the conversation, or else the guide. */
struct span cleared_sentence(struct task *t, const json_t *context, const json_t *model, struct span code);

#endif

/* plant: policies with one bug each, which the attacker must find: who finds nothing there proves nothing elsewhere. */
#ifndef ATTACKER_PLANT_H
#define ATTACKER_PLANT_H

#include "policy/trace.h"

struct plant {
    const char *name;
    trace_rule *rule;
};
extern const struct plant plants[];
extern const size_t n_plants;

#endif

/* closure: which tools may be enabled together. Flows compose over tools that are safe alone, so what is judged is the
 * union of what a set can do: never untrusted input, private data and an outside sink at once. Pure. */
#ifndef POLICY_CLOSURE_H
#define POLICY_CLOSURE_H

#include "policy/decide.h"

#include <stddef.h>

enum { CLOSURE_TOOLS = 16 }; /* more than there are of ours */

/* The three powers of a tool or of a set of tools. */
struct closure_powers {
    bool untrusted;            /* A: takes in what somebody else may have written */
    bool private_data;         /* B: reads data above public */
    enum policy_effect effect; /* C from E2 on: the worst that it can do */
};
struct closure_tool {
    const char *name;
    struct closure_powers powers;
    bool dry_run; /* its effects can be shown before they are made */
};

/* What all of them can do together. */
void closure_union(const struct closure_tool *tools, size_t n, struct closure_powers *out);
/* May a set with these powers be enabled? Else *reason is a fixed code: "untrusted-private-outside". */
bool closure_may(const struct closure_powers *p, const char **reason);
/* May this tool be installed at all? One with A and E2 or worse needs a dry run ("no-dry-run"), and closure_may alone.
 */
bool closure_may_install(const struct closure_tool *tool, const char **reason);

/* What a conversation is, for its own tools. */
struct closure_situation {
    enum policy_mode mode; /* the conversation's: public or private */
    bool strict;           /* the deployment's setting */
    bool signed_in;
    bool writable; /* a dataset of it may be changed by its owner (or an admin owns it all) */
    bool fetch;    /* the deployment's setting: pages may be fetched */
};
/* Names of our own tools that it may use, in the fixed order in which models are told them; returns how many. */
size_t policy_closure(const struct closure_situation *s, const char *names[CLOSURE_TOOLS]);
/* May these be enabled beside our own tools there, all together? Else *reason as closure_may says. */
bool policy_closure_joins(
    const struct closure_situation *s, const struct closure_tool *more, size_t n, const char **reason);
/* Is it the name of a tool of ours? */
bool closure_is_own(const char *name);

#endif

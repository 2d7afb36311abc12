/* may: who may do what to which object: the one function behind every id route. Pure. */
#ifndef GATE_MAY_H
#define GATE_MAY_H

#include "gate/gate_client.h"

/* What is known of the object. For a kind that has no object, all zero. Of a saved query: its own owner, whether it is
 * shared (published), and its dataset's visibility and reader. */
struct may_object {
    bool exists;
    struct span owner;      /* principal */
    struct span visibility; /* of a dataset */
    bool reader;            /* is the actor among the dataset's readers? */
    bool published;         /* has the dataset a revision that may be read? */
};
/* The deployment's own settings. */
struct may_rules {
    bool signed_in_only; /* visitors see nothing */
    bool visitors_ask;   /* may visitors ask questions? */
};

/* E_OK, or E_UNAUTHENTICATED, E_DENIED or E_NOTFOUND with a sentence in *why. A verb and kind that have no row are
 * E_INVALID. An object that the actor may not know of looks like one that is not there. */
enum err gate_may(const struct gate_actor *a, const char *verb, const char *kind, const struct may_object *o,
    const struct may_rules *rules, const char **why);

/* May the actor read a dataset of that visibility? */
bool gate_may_see(const struct gate_actor *a, const struct may_object *o);

#endif

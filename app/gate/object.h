/* object: what gate knows of datasets, conversations and models, ready to be judged or shown. */
#ifndef GATE_OBJECT_H
#define GATE_OBJECT_H

#include "gate/who.h"
#include "policy/decide.h"
#include "store/auth_dataset.h"
#include "store/auth_registry.h"

/* A dataset and what this actor is to it. Absent: d->name is empty and o->exists false. */
enum err object_dataset(struct task *t, struct gate *g, const struct actor *a, struct span name, struct auth_dataset *d,
    struct may_object *o);
/* The same for one that was read already. */
enum err object_judge(
    struct task *t, struct gate *g, const struct actor *a, const struct auth_dataset *d, struct may_object *o);
/* A conversation; deleted ones are absent. */
enum err object_conversation(
    struct task *t, struct gate *g, struct span id, struct auth_conversation *c, struct may_object *o);
/* The label of a dataset's rows: its visibility's, or its owner's raise when that is higher. */
enum policy_level object_level(const struct auth_dataset *d);
/* Has it a revision that may be read now? */
bool object_is_published(const struct auth_dataset *d);
/* [a-z][a-z0-9_-]{0,62}, but not "scratch": so conversations call their own database. */
bool object_name_ok(struct span name);
/* Names within a conversation's JSON array. */
bool object_in_list(struct task *t, struct span json, struct span name);
/* The datasets of such an array, one after the other: begin with {.names = json}. false: no more, or the task failed.
 */
struct object_walk {
    struct span names;
    json_t *list;
    size_t next;
};
bool object_next(struct task *t, struct gate *g, const struct actor *a, struct object_walk *w, struct auth_dataset *d,
    struct may_object *o);

/* Public records as CONTRACTS, "Catalogue" says; new references for the caller. */
json_t *object_dataset_json(struct task *t, struct gate *g, const struct auth_dataset *d);
/* {"name","title",...}: everything that the actor may see. */
enum err object_catalogue(struct task *t, struct gate *g, const struct actor *a, json_t **out);

/* A model as it is stored, checked; NULL when there is none by that name or it is off. "guide" always is there. */
enum err object_model(struct task *t, struct gate *g, struct span name, json_t **out);
/* Those that are on, "guide" first; whole: with url, model and properties (for the agent), else for pages. */
enum err object_models(struct task *t, struct gate *g, bool whole, json_t **out);
enum policy_level object_clearance(const json_t *model);

#endif

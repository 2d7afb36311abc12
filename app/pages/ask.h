/* ask: the question box and what may be chosen in it. */
#ifndef PAGES_ASK_H
#define PAGES_ASK_H

#include "pages/visit.h"

/* dataset empty: to choose from all of the catalogue. model: chosen before, empty: the default. action: where the
 * question is posted. */
struct view_ask ask_box(
    struct visit *v, json_t *catalogue, struct span dataset, struct span model, const char *action, const char *label);
/* What answers by default, said honestly. */
struct span ask_model_note(json_t *catalogue, struct span chosen);
/* Suggested questions of a dataset's record. */
void ask_suggestions(struct visit *v, const json_t *dataset, size_t most, const struct view_suggestion **at, size_t *n);
/* The dataset's record in the catalogue, NULL if none. */
json_t *ask_dataset(const json_t *catalogue, struct span name);

#endif

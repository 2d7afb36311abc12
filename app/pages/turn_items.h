/* turn_items: the steps of a turn, one by one. */
#ifndef PAGES_TURN_ITEMS_H
#define PAGES_TURN_ITEMS_H

#include "pages/leave.h"
#include "pages/visit.h"
#include "store/work_event.h"
#include "store/work_result.h"

struct turn_items {
    struct work *work;
    struct span question; /* links in it may be clicked in the answer */
    struct span base_url;
    const struct work_event *events;
    size_t n_events;
    const struct work_result *results;
    size_t n_results;
    bool is_over;
    struct leave *leave; /* NULL: links of the model's are text */
    bool waits;          /* its last question is put to the person below, not here */
};
/* Fills out->items and out->covered. */
enum err turn_items_put(struct visit *v, const struct turn_items *in, struct view_turn *out);

#endif

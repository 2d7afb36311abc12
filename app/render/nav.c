/* nav: the table of the header's links. */
#include "render/nav.h"

static const struct {
    const char *label, *url;
    bool admins;
} links[] = {
    {"Datasets", "/", false},
    {"Conversations", "/-/chat", false},
    {"Administration", "/-/admin", true},
    {"Help", "/-/docs", false},
};
enum { N_LINKS = sizeof links / sizeof links[0] };

struct view_nav_item *
nav_make(struct task *t, struct span role, size_t *n)
{
    struct view_nav_item *items = task_array(t, N_LINKS, sizeof *items);
    bool admin = span_is(role, "admin");
    *n = 0;
    for (size_t i = 0; i < N_LINKS; i++)
        if (admin || !links[i].admins)
            items[(*n)++] = (struct view_nav_item){span_of(links[i].label), span_of(links[i].url), false};
    return items;
}

/* ask: the question box. */
#include "pages/ask.h"

#include "base/json.h"
#include "pages/chat_badge.h"

json_t *
ask_dataset(const json_t *catalogue, struct span name)
{
    size_t i;
    json_t *d;
    json_array_foreach(json_object_get(catalogue, "datasets"), i, d) if (span_eq(json_text(d, "name"), name)) return d;
    return NULL;
}

static bool
is_default(const json_t *catalogue, size_t at)
{
    size_t i;
    json_t *m;
    json_array_foreach(json_object_get(catalogue, "models"), i, m) if (json_flag(m, "default", false)) return i == at;
    return at == 0;
}

struct span
ask_model_note(json_t *catalogue, struct span chosen)
{
    size_t i;
    json_t *m;
    json_array_foreach(json_object_get(catalogue, "models"), i, m)
    {
        bool meant = chosen.n > 0 ? span_eq(json_text(m, "name"), chosen) : is_default(catalogue, i);
        if (meant && !span_is(json_text(m, "api"), "guide"))
            return SPAN_NONE;
    }
    return SPAN(
        "No language model is configured: answers come from a rule-based guide, which counts, sums, ranks, groups and "
        "looks up, and says so when a question is beyond it.");
}

static void
put_datasets(struct visit *v, const json_t *catalogue, struct view_ask *a)
{
    const json_t *list = json_object_get(catalogue, "datasets");
    struct span wanted = visit_field(v, "dataset");
    struct view_choice *c = task_array(v->t, json_array_size(list) + 1, sizeof *c);
    c[0] = (struct view_choice){.value = SPAN(""), .label = SPAN("Find the dataset for me")};
    size_t i, n = 1;
    json_t *d;
    json_array_foreach(list, i, d)
    {
        struct span name = json_text(d, "name"), title = json_text(d, "title");
        c[n++] = (struct view_choice){name, title.n > 0 ? title : name, span_eq(name, wanted)};
    }
    a->has_datasets = true;
    a->datasets.at = c;
    a->datasets.n = n;
}

static void
put_models(struct visit *v, const json_t *catalogue, struct span model, struct view_ask *a)
{
    const json_t *list = json_object_get(catalogue, "models");
    struct view_choice *c = task_array(v->t, json_array_size(list), sizeof *c);
    size_t i;
    json_t *m;
    json_array_foreach(list, i, m)
    {
        struct span name = json_text(m, "name"), label = json_text(m, "label");
        c[i] = (struct view_choice){
            name, label.n > 0 ? label : name, model.n > 0 ? span_eq(name, model) : is_default(catalogue, i)};
    }
    a->models.at = c;
    a->models.n = json_array_size(list);
    a->has_models = a->models.n > 1;
}

/* Mode is fixed when a conversation begins: the choice stands at the box that begins one. */
static void
put_mode(struct visit *v, const json_t *catalogue, struct view_ask *a)
{
    const json_t *d = a->dataset.n > 0 ? ask_dataset(catalogue, a->dataset) : NULL;
    a->has_mode = true;
    a->is_forced = d && !span_is(json_text(d, "visibility"), "public");
    a->is_private = a->is_forced || span_is(visit_field(v, "private"), "1");
    a->mode_note = a->is_forced ? SPAN("This dataset is not public, so the chat is private: no way to the outside, and "
                                       "only models that the admin cleared.")
                                : SPAN("No way to the outside, and only models that the admin cleared.");
    a->public_note = a->is_forced ? SPAN_NONE : chat_leaves_note(v->t, catalogue, SPAN_NONE);
}

struct view_ask
ask_box(
    struct visit *v, json_t *catalogue, struct span dataset, struct span model, const char *action, const char *label)
{
    struct view_ask a = {.action = span_of(action), .label = span_of(label), .dataset = dataset};
    a.question = visit_field(v, "question");
    a.model_note = ask_model_note(catalogue, model);
    if (dataset.n == 0)
        put_datasets(v, catalogue, &a);
    put_models(v, catalogue, model, &a);
    if (span_is(a.action, "/-/chat"))
        put_mode(v, catalogue, &a);
    return a;
}

void
ask_suggestions(struct visit *v, const json_t *dataset, size_t most, const struct view_suggestion **at, size_t *n)
{
    const json_t *list = json_object_get(dataset, "suggested");
    size_t count = json_array_size(list) < most ? json_array_size(list) : most;
    struct view_suggestion *s = task_array(v->t, count, sizeof *s);
    for (size_t i = 0; i < count; i++) {
        const json_t *q = json_array_get(list, i);
        s[i].question = (struct span){json_string_value(q), json_string_length(q)};
        s[i].dataset = json_text(dataset, "name");
    }
    *at = s;
    *n = count;
}

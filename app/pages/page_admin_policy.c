/* page_admin_policy: the policy's settings, in words, and how far each model is cleared. */
#include "base/json.h"
#include "pages/admin.h"
#include "pages/all.h"

#include <string.h>

static const struct span policy_url = {"/-/admin/policy", sizeof "/-/admin/policy" - 1};

static const struct {
    const char *name, *label, *about, *unit; /* no unit: a switch */
    int64_t factor;                          /* of the stored number to the one that is shown */
} settings[] = {
    {"strict", "Strict", "A model may read and compute, and change nothing, approved or not.", NULL, 1},
    {"fetch", "Pages may be fetched",
        "In a public conversation a model may propose to fetch a page; a person sees the exact address and approves "
        "it.",
        NULL, 1},
    {"approve_durable_ms", "Approvals of changes expire after", "Changes inside one dataset, which can be taken back.",
        "seconds", 1000},
    {"approve_outside_ms", "Approvals of what leaves expire after",
        "Shared answers, fetched pages, publishing to more readers.", "seconds", 1000},
    {"approve_authority_ms", "Approvals of authority expire after",
        "Roles, policy, deletions past the bound: with the password again.", "seconds", 1000},
    {"change_rows", "A change is destructive when it deletes more than",
        "A model may not even propose it; a person needs the password, and types the count.", "rows", 1},
    {"turn_calls", "A turn may propose", "After that it is over.", "calls", 1},
    {"turn_refusals", "A turn is frozen after", "A model that goes on after it was refused so often is up to no good.",
        "refusals", 1},
    {"turn_declines", "A turn is frozen after", "No model nags: so often a person says no to it in one turn.",
        "declined approvals", 1},
    {"undo_days", "A change can be taken back for", "Then what that needs is deleted.", "days", 1},
};
enum { N_SETTINGS = sizeof settings / sizeof settings[0] };

static const struct {
    const char *clearance, *means;
} clearances[] = {
    {"public", "public data alone"},
    {"org", "what every account may see, and public data"},
    {"private", "private data, and all below; nothing secret"},
    {"secret", "everything"},
};

static void
put_settings(struct visit *v, const json_t *p, struct view_admin_policy *view)
{
    struct view_policy_field *at = task_array(v->t, N_SETTINGS, sizeof *at);
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const char *name = settings[i].name;
        at[i] = (struct view_policy_field){.name = span_of(name),
            .label = span_of(settings[i].label),
            .about = span_of(settings[i].about),
            .unit = span_of(settings[i].unit),
            .is_switch = !settings[i].unit,
            .is_on = json_flag(p, name, false),
            .value = task_format(v->t, "%lld", (long long)(json_int(p, name, 0) / settings[i].factor))};
    }
    view->settings.at = at;
    view->settings.n = N_SETTINGS;
}

static void
put_models(struct visit *v, const json_t *list, struct view_admin_policy *view)
{
    struct view_clearance_row *at = task_array(v->t, json_array_size(list), sizeof *at);
    size_t i;
    json_t *m;
    json_array_foreach(list, i, m)
    {
        bool guide = span_is(json_text(m, "api"), "guide");
        at[i] = (struct view_clearance_row){.label = json_text(m, "label"),
            .name = json_text(m, "name"),
            .clearance = guide ? SPAN("on this server") : json_text(m, "clearance"),
            .means = guide ? SPAN("everything: it is no language model, and nothing is sent") : SPAN_NONE};
        for (size_t k = 0; k < sizeof clearances / sizeof clearances[0]; k++)
            if (!guide && span_is(at[i].clearance, clearances[k].clearance))
                at[i].means = span_of(clearances[k].means);
    }
    view->models.at = at;
    view->models.n = json_array_size(list);
}

enum err
page_admin_policy(struct visit *v)
{
    json_t *policy, *models;
    if (visit_admin(v, "policy.get", NULL, &policy) != E_OK || visit_admin(v, "model.list", NULL, &models) != E_OK)
        return v->t->err;
    struct admin_frame f = admin_frame(v, "Policy");
    struct view_admin_policy view = {.page = f.page, .hash = json_text(policy, "hash")};
    view.tabs.at = f.tabs.at;
    view.tabs.n = f.tabs.n;
    put_settings(v, policy, &view);
    put_models(v, json_object_get(models, "models"), &view);
    admin_notes(v, &view.notes.at, &view.notes.n);
    render_admin_policy(v->out->body, &view);
    return E_OK;
}

/* What differs from what is in force, alone: that is what the person approves. */
static enum err
differences(struct visit *v, const json_t *is, json_t *out)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const char *name = settings[i].name;
        struct span text = visit_field(v, name);
        int64_t n = 0, shown = json_int(is, name, 0) / settings[i].factor;
        if (!settings[i].unit) {
            bool on = span_is(text, "true");
            if (on != json_flag(is, name, false))
                json_object_set_new(out, name, json_boolean(on));
            continue;
        }
        if (!span_i64(span_trim(text), &n) || n < 0 || n > INT32_MAX)
            return task_fail(v->t, E_INVALID, "\"%s\" is a whole number of %s.", settings[i].label, settings[i].unit);
        if (n != shown)
            json_object_set_new(out, name, json_integer(n * settings[i].factor));
    }
    return E_OK;
}

static enum err
set(struct visit *v)
{
    json_t *is, *in = json_object();
    task_json(v->t, in);
    if (visit_admin(v, "policy.get", NULL, &is) != E_OK || differences(v, is, in) != E_OK)
        return v->t->err;
    if (json_object_size(in) == 0)
        return admin_done(v, policy_url, "policy-same");
    if (visit_admin(v, "policy.set", json_incref(in), NULL) != E_OK)
        return v->t->err;
    return admin_done(v, policy_url, "policy-set");
}

enum err
page_admin_policy_post(struct visit *v)
{
    static const struct admin_act acts[] = {{"set", set}, {NULL, NULL}};
    return admin_act(v, acts);
}

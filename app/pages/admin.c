/* admin: tabs, messages, buttons, grants. */
#include "pages/admin.h"

#include "base/id.h"
#include "base/json.h"
#include "pages/all.h"
#include "pages/own.h"
#include "pages/plugin_view.h"
#include "policy/grant.h"

#include <string.h>

static const struct {
    const char *label, *url;
} tabs[] = {
    {"Users", "/-/admin/users"},
    {"Datasets", "/-/admin/datasets"},
    {"Models", "/-/admin/models"},
    {"Plugins", "/-/plugins"},
    {"Policy", "/-/admin/policy"},
    {"Audit", "/-/admin/audit"},
    {"Health", "/-/admin/health"},
};
enum { N_TABS = sizeof tabs / sizeof tabs[0] };

static const struct {
    const char *code, *sentence;
    bool is_error;
} messages[] = {
    {"user-added", "The user was added. Give them a sign-in link.", false},
    {"user-changed", "The user was changed.", false},
    {"dataset-saved", "Saved.", false},
    {"dataset-rolled-back", "The older revision is current now.", false},
    {"dataset-withdrawn", "The dataset is withdrawn from readers.", false},
    {"model-saved", "The model was saved. Test it before you make it the default.", false},
    {"model-removed", "The model was removed.", false},
    {"policy-set", "The policy was changed. Approvals that were open are void.", false},
    {"policy-same", "Nothing was changed: these are the settings in force.", false},
    {"secret-stored", "The key was stored.", false},
    {"label-saved", "The labels are saved, and hold from now on.", false},
    {"query-saved", "The query is saved. Only you see it.", false},
    {"query-shared", "The query is shared.", false},
    {"query-unshared", "Only you see the query now.", false},
    {"query-removed", "The query was removed.", false},
    {"undone", "The change was taken back.", false},
    {"released", "Readers see the change now.", false},
    {"plugin-group", "The group is kept.", false},
    {"plugin-installed", "The plugin was let in.", false},
    {"plugin-enabled", "The plugin is on.", false},
    {"plugin-disabled", "The plugin is off: no conversation gets it any more.", false},
    {"plugin-back", "The version before runs again. The newer one waits for a consent.", false},
    {"plugin-removed", "The plugin was removed with its settings. What was decided about it stays on record.", false},
    {"plugin-revoked", "The version is revoked and was stopped.", false},
    {"plugin-consented", "You agreed to the update.", false},
    {"plugin-finished", "Everybody has the new version now.", false},
    {"plugin-unstaged", "The new version was taken back from the group.", false},
    {"plugin-set", "The settings are kept.", false},
    {"test-ok", "The model answered.", false},
    {"test-key", "The provider refused the key. Store the right one under the name that the model uses.", true},
    {"test-missing", "The provider has no such model, or nothing is at this address.", true},
    {"test-busy", "The provider says that it is busy or that the quota is used up.", true},
    {"test-refused", "The provider refused the request: look at the model's name and properties.", true},
    {"test-down", "The provider has a failure of its own. Try again later.", true},
};

struct admin_frame
admin_frame(struct visit *v, const char *title)
{
    struct admin_frame f = {.page = visit_page(v, title)};
    struct view_nav_item *items = task_array(v->t, N_TABS, sizeof *items);
    for (size_t i = 0; i < N_TABS; i++)
        items[i] = (struct view_nav_item){
            span_of(tabs[i].label), span_of(tabs[i].url), span_starts(v->req->path, tabs[i].url)};
    f.page.noindex = true;
    f.tabs.at = items;
    f.tabs.n = N_TABS;
    return f;
}

void
admin_notes(struct visit *v, const struct view_note **at, size_t *n)
{
    struct span code = http_params_get(&v->req->query, "done");
    *n = 0;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        if (!span_is(code, messages[i].code))
            continue;
        struct view_note *note = task_new(v->t, struct view_note);
        *note = (struct view_note){.message = span_of(messages[i].sentence), .is_error = messages[i].is_error};
        *at = note;
        *n = 1;
    }
}

enum err
admin_done(struct visit *v, struct span address, const char *code)
{
    if (v->approval.n > 0)
        return own_review(v, v->approval);
    http_redirect(v->out, task_format(v->t, "%.*s?done=%s", SPAN_ARG(address), code));
    return E_OK;
}

enum err
admin_act(struct visit *v, const struct admin_act *table)
{
    struct span wanted = visit_field(v, "do");
    for (; table->name; table++)
        if (span_is(wanted, table->name))
            return table->run(v);
    return task_fail(v->t, E_INVALID, "The form names no action that this page has.");
}

enum err
admin_field(struct visit *v, const char *name, struct span *out)
{
    *out = span_trim(visit_field(v, name));
    return out->n > 0 ? E_OK : task_fail(v->t, E_INVALID, "The field %s is empty.", name);
}

json_t *
admin_fields(struct visit *v, const char *const *names)
{
    json_t *j = json_object();
    for (; *names; names++) {
        struct span s = span_trim(visit_field(v, *names));
        if (s.p)
            json_object_set_new(j, *names, json_stringn(s.p, s.n));
    }
    return j;
}

enum err
admin_grant(struct visit *v, const char *operation, json_t *in, const struct span *args, size_t n, struct span *out,
    json_t **detail)
{
    struct span hash = grant_args_hash(v->t, args, n);
    struct buf *hex = task_buf(v->t, HASH_HEX_BYTES), *sealed = task_buf(v->t, GRANT_SEAL_BYTES);
    json_t *reply = NULL;
    hex_put(hex, hash.p, hash.n);
    json_object_set_new(in, "args_hash", json_stringn(hex->p, hex->n));
    if (visit_admin(v, operation, in, &reply) != E_OK)
        return v->t->err;
    if (!base64_get(json_text(reply, "grant"), sealed))
        return task_fail(v->t, E_INTERNAL, "The authority sent a malformed grant.");
    *out = buf_view(sealed);
    if (detail)
        *detail = json_object_get(reply, "detail");
    return E_OK;
}

enum err
page_admin(struct visit *v)
{
    struct admin_frame f = admin_frame(v, "Administration");
    struct view_admin_admin view = {.page = f.page};
    json_t *plugins = NULL;
    if (visit_admin(v, "plugin.list", NULL, &plugins) != E_OK)
        return v->t->err;
    plugin_notices(v->t, plugins, SPAN_NONE, &view.notices.at, &view.notices.n);
    view.tabs.at = f.tabs.at;
    view.tabs.n = f.tabs.n;
    render_admin_admin(v->out->body, &view);
    return E_OK;
}

/* page_plugin_vet: the vetting workspace: files, lines, capabilities and words beside those of another version. */
#include "base/json.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/linediff.h"
#include "pages/link.h"
#include "pages/own.h"
#include "pages/plugin_view.h"
#include "render/cell.h"
#include "render/visible.h"

enum { AROUND = 4, VERSIONS = 200, ROWS_MOST = 6000, PAIR_LINES = 200 };

struct vetting {
    struct visit *v;
    struct span id, digest, against;
    json_t *about, *files; /* market.plugin's, plugin.files' */
};

static struct span
address(struct vetting *x, struct span path)
{
    struct link l = link_begin(x->v->t);
    link_fixed(&l, task_z(x->v->t, x->v->req->path));
    link_param(&l, "digest", x->digest);
    link_param(&l, "against", x->against);
    link_param(&l, "file", path);
    return task_format(x->v->t, "%.*s#files", SPAN_ARG(link_end(&l)));
}

/* What was asked for, or else what waits, is offered or runs; beside what runs, or beside nothing. */
static void
choose(struct vetting *x)
{
    const json_t *plugin = json_object_get(x->about, "plugin"), *next = json_object_get(x->about, "next"),
                 *before = json_object_get(plugin, "previous");
    struct span runs = json_text(plugin, "digest");
    x->digest = visit_field(x->v, "digest");
    x->against = visit_field(x->v, "against");
    if (x->digest.n == 0)
        x->digest = next ? json_text(next, "digest") : runs;
    if (!x->against.p)
        x->against = span_eq(runs, x->digest) ? json_text(before, "digest") : runs;
    if (span_eq(x->against, x->digest) || span_is(x->against, "none"))
        x->against = SPAN("");
}

static void
add_versions(struct vetting *x, const json_t *list, struct view_choice *c, size_t *n)
{
    size_t i, k;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        struct span digest = json_text(one, "digest");
        bool there = span_eq(digest, x->digest) || span_is(json_text(one, "status"), "revoked");
        for (k = 0; k < *n; k++)
            there = there || span_eq(c[k].value, digest);
        if (!there && *n < VERSIONS)
            c[(*n)++] = (struct view_choice){digest,
                task_format(x->v->t, "version %.*s (serial %lld)", SPAN_ARG(json_text(one, "version")),
                    (long long)json_int(one, "serial", 0)),
                span_eq(digest, x->against)};
    }
}

static void
put_versions(struct vetting *x, struct view_market_vet *view)
{
    struct view_choice *c = task_array(x->v->t, VERSIONS, sizeof *c);
    size_t n = 0;
    c[n++] = (struct view_choice){SPAN("none"), SPAN("nothing: all of it is new"), x->against.n == 0};
    add_versions(x, json_object_get(x->about, "versions"), c, &n);
    add_versions(x, json_object_get(x->about, "offers"), c, &n);
    view->versions.at = c;
    view->versions.n = n;
}

/* Capabilities ------------------------------------------------------------------------------------------------------
 */

/* Lines of a manifest that begin with one of these words stand in one row. */
static const struct {
    const char *label;
    const char *words[3];
} rows[] = {
    {"Powers (A, B, C)", {"abc ", NULL}},
    {"Worst effect", {"effect ", NULL}},
    {"Capabilities", {"cap ", NULL}},
    {"Keys", {"secret ", NULL}},
    {"Tools", {"tool ", NULL}},
    {"Settings", {"setting ", NULL}},
    {"Runs as", {"runtime ", NULL}},
    {"Publisher and key", {"publisher ", NULL}},
    {"What it says of itself", {"title ", "about ", NULL}},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* A tool's line without the hashes of its words: that they differ is told among what it asks for. */
static struct span
short_line(struct task *t, struct span line)
{
    ptrdiff_t at = span_starts(line, "tool ") ? span_find(line, SPAN(" desc:sha256:")) : -1;
    return visible_text(t, at > 0 ? span_first(line, (size_t)at) : line);
}

static void
put_lines(struct task *t, struct span manifest, const char *const *words, const struct span **at, size_t *n)
{
    struct span *s = task_array(t, PAIR_LINES, sizeof *s), rest = manifest, line;
    *n = 0;
    while (rest.n > 0 && span_cut(&rest, '\n', &line))
        for (const char *const *w = words; *w; w++)
            if (span_starts(line, *w) && *n < PAIR_LINES)
                s[(*n)++] = short_line(t, line);
    *at = s;
}

static bool
same(const struct span *a, size_t n, const struct span *b, size_t m)
{
    for (size_t i = 0; n == m && i < n; i++)
        if (!span_eq(a[i], b[i]))
            return false;
    return n == m;
}

static void
put_pairs(struct vetting *x, struct view_market_vet *view)
{
    struct view_vet_pair *p = task_array(x->v->t, N_ROWS, sizeof *p);
    struct span now = json_text(x->files, "manifest"), was = json_text(x->files, "was_manifest");
    for (size_t i = 0; i < N_ROWS; i++) {
        p[i].label = span_of(rows[i].label);
        put_lines(x->v->t, now, rows[i].words, &p[i].now.at, &p[i].now.n);
        put_lines(x->v->t, was, rows[i].words, &p[i].was.at, &p[i].was.n);
        p[i].is_changed = x->against.n > 0 && !same(p[i].now.at, p[i].now.n, p[i].was.at, p[i].was.n);
    }
    view->pairs.at = p;
    view->pairs.n = N_ROWS;
    plugin_texts(x->v->t, json_object_get(x->files, "widened"), &view->widened.at, &view->widened.n);
    view->has_widened = view->widened.n > 0;
}

/* Files -------------------------------------------------------------------------------------------------------------
 */

/* The file that is asked for, or else the first that differs. */
static const json_t *
open_file(struct vetting *x)
{
    const json_t *list = json_object_get(x->files, "files"), *found = json_array_get(list, 0);
    struct span wanted = visit_field(x->v, "file");
    bool chosen = false;
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        struct span change = json_text(one, "change");
        bool is = wanted.n > 0 ? span_eq(json_text(one, "path"), wanted)
                               : span_is(change, "changed") || span_is(change, "added");
        if (is && !chosen) {
            found = one;
            chosen = true;
        }
    }
    return found;
}

static void
put_files(struct vetting *x, const json_t *open, struct view_market_vet *view)
{
    static const char *const badges[][2] = {{"added", "public"}, {"changed", "warn"}, {"removed", "private"}};
    const json_t *list = json_object_get(x->files, "files");
    struct view_vet_file *f = task_array(x->v->t, json_array_size(list), sizeof *f);
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        struct span path = json_text(one, "path"), change = json_text(one, "change");
        f[i] = (struct view_vet_file){.path = path,
            .url = address(x, path),
            .change = span_is(change, "same") ? SPAN_NONE : change,
            .bytes = task_format(x->v->t, "%.*s bytes", SPAN_ARG(cell_count(x->v->t, json_int(one, "bytes", 0)))),
            .is_open = one == open};
        for (size_t k = 0; k < sizeof badges / sizeof badges[0]; k++)
            if (span_is(change, badges[k][0]))
                f[i].change_class = span_of(badges[k][1]);
    }
    view->files.at = f;
    view->files.n = json_array_size(list);
}

/* *text stays NULL when it is no text, or too long. */
static enum err
read_file(struct vetting *x, struct span digest, struct span path, struct span *text)
{
    json_t *reply = NULL;
    *text = SPAN("");
    if (digest.n == 0)
        return E_OK;
    if (visit_admin(x->v, "plugin.file", json_pack("{s:s%,s:s%}", "digest", digest.p, digest.n, "path", path.p, path.n),
            &reply) != E_OK)
        return x->v->t->err;
    *text = json_text(reply, "text");
    return E_OK;
}

static struct span
number(struct task *t, int64_t n)
{
    return n > 0 ? task_format(t, "%lld", (long long)n) : SPAN_NONE;
}

static bool
is_near(const struct linediff_line *l, size_t n, size_t at)
{
    for (size_t i = at > AROUND ? at - AROUND : 0; i < n && i <= at + AROUND; i++)
        if (l[i].kind != LINE_SAME)
            return true;
    return false;
}

/* Every line that differs, with a few around it; the whole file where there is nothing to compare with. */
static void
put_rows(struct vetting *x, const struct linediff_line *l, size_t n, bool whole, struct view_market_vet *view)
{
    static const char *const marks[] = {" ", "-", "+"}, *const classes[] = {"", "gone", "come"};
    size_t most = n < ROWS_MOST ? n : ROWS_MOST, left_out = 0;
    struct view_vet_line *out = task_array(x->v->t, most + 1, sizeof *out);
    for (size_t i = 0; i < n && view->lines.n < most; i++) {
        if (!whole && !is_near(l, n, i)) {
            left_out++;
            continue;
        }
        if (left_out > 0)
            out[view->lines.n++] = (struct view_vet_line){.mark = SPAN("…"),
                .row_class = SPAN("left-out"),
                .text = task_format(x->v->t, "%zu lines that are the same", left_out)};
        left_out = 0;
        if (view->lines.n < most)
            out[view->lines.n++] = (struct view_vet_line){.old_n = number(x->v->t, l[i].was),
                .new_n = number(x->v->t, l[i].is),
                .mark = span_of(marks[l[i].kind]),
                .row_class = span_of(classes[l[i].kind]),
                .text = visible_text(x->v->t, l[i].text)};
    }
    view->is_cut = view->is_cut || n > ROWS_MOST;
    view->lines.at = out;
    view->has_lines = view->lines.n > 0;
}

static enum err
put_open(struct vetting *x, const json_t *open, struct view_market_vet *view)
{
    struct span change = json_text(open, "change"), now, was;
    struct linediff_line *lines = NULL;
    size_t n = 0;
    view->path = json_text(open, "path");
    bool here = !span_is(change, "removed"), before = x->against.n > 0 && !span_is(change, "added");
    if (read_file(x, here ? x->digest : SPAN_NONE, view->path, &now) != E_OK ||
        read_file(x, before ? x->against : SPAN_NONE, view->path, &was) != E_OK)
        return x->v->t->err;
    if (!now.p || !was.p) {
        view->shown = SPAN("It is no text, or too long to be shown: fetch the bundle and look at it there.");
        return E_OK;
    }
    bool whole = x->against.n == 0 || span_is(change, "same");
    if (now.n == 0 && was.n == 0)
        view->shown = SPAN("The file is empty.");
    linediff(x->v->t, x->against.n > 0 ? was : now, now, &lines, &n, &view->is_cut);
    put_rows(x, lines, n, whole, view);
    return E_OK;
}

/* What was found, and who signed -------------------------------------------------------------------------------------
 */

static void
put_found(struct vetting *x, struct view_market_vet *view)
{
    const json_t *list = json_object_get(x->files, "checks");
    struct view_vet_check *c = task_array(x->v->t, json_array_size(list), sizeof *c);
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        struct span outcome = json_text(one, "outcome");
        c[i] = (struct view_vet_check){json_text(one, "name"), outcome, !span_is(outcome, "pass")};
    }
    view->checks.at = c;
    view->checks.n = json_array_size(list);
    view->has_checks = view->checks.n > 0;
    plugin_texts(x->v->t, json_object_get(x->files, "signed_by"), &view->signed_by.at, &view->signed_by.n);
    view->has_signed = view->signed_by.n > 0;
    view->vetted = facts_time(x->v->t, json_int(x->files, "at_ms", 0));
    view->until = facts_time(x->v->t, json_int(x->files, "expires_ms", 0));
    view->report = visible_text(x->v->t, json_text(x->files, "report"));
}

static enum err
gather(struct vetting *x)
{
    const struct own_field in[] = {{"id", x->id}};
    if (own_call(x->v, "market.plugin", own_fields(in, 1), &x->about) != E_OK)
        return x->v->t->err;
    choose(x);
    const struct own_field wanted[] = {{"digest", x->digest}, {"against", x->against}};
    if (visit_admin(x->v, "plugin.files", own_fields(wanted, 2), &x->files) != E_OK)
        return x->v->t->err;
    return span_eq(json_text(x->files, "id"), x->id)
               ? E_OK
               : task_fail(x->v->t, E_NOTFOUND, "That version is another plugin's.");
}

enum err
page_plugin_vet(struct visit *v)
{
    struct vetting x = {.v = v, .id = task_format(v->t, "%.*s/%.*s", SPAN_ARG(v->arg[0]), SPAN_ARG(v->arg[1]))};
    if (gather(&x) != E_OK)
        return v->t->err;
    struct view_crumb crumbs[] = {{SPAN("Plugins"), SPAN("/-/plugins")}, {x.id, plugin_url(v->t, x.id)}};
    const json_t *open = open_file(&x);
    struct view_market_vet view = {.page = visit_page(v, "Vetting"),
        .crumbs = {crumbs, 2},
        .id = x.id,
        .version = json_text(x.files, "version"),
        .digest = x.digest,
        .against = json_text(x.files, "was_version"),
        .back_url = crumbs[1].url,
        .action = v->req->path};
    view.page.noindex = true;
    view.page.body_class = SPAN("wide");
    put_versions(&x, &view);
    put_pairs(&x, &view);
    put_files(&x, open, &view);
    if (open && put_open(&x, open, &view) != E_OK)
        return v->t->err;
    put_found(&x, &view);
    admin_notes(v, &view.notes.at, &view.notes.n);
    render_market_vet(v->out->body, &view);
    return E_OK;
}

/* facts: times, hashes, columns, crumbs. */
#include "pages/facts.h"

#include "base/clock.h"
#include "base/json.h"
#include "pages/link.h"

void
facts_columns(struct task *t, const json_t *table, const struct view_column_fact **at, size_t *n)
{
    const json_t *list = json_object_get(table, "columns");
    struct view_column_fact *f = task_array(t, json_array_size(list), sizeof *f);
    size_t i;
    json_t *c;
    json_array_foreach(list, i, c)
    {
        f[i].column = json_text(c, "name");
        f[i].type = json_text(c, "type");
        f[i].about = json_text(c, "description");
        f[i].unit = json_text(c, "unit");
        f[i].is_key = json_int(c, "pk", 0) > 0 || json_flag(c, "pk", false);
    }
    *at = f;
    *n = json_array_size(list);
}

struct span
facts_time(struct task *t, int64_t unix_ms)
{
    char iso[21];
    if (unix_ms <= 0)
        return SPAN_NONE;
    clock_iso(unix_ms, iso);
    return task_format(t, "%.10s %.5s UTC", iso, iso + 11);
}

struct span
facts_short(struct span sha)
{
    return span_first(sha, FACTS_SHORT_HASH);
}

void
facts_crumbs(struct visit *v, const json_t *dataset, const struct view_crumb **at, size_t *n)
{
    struct view_crumb *c = task_array(v->t, 2, sizeof *c);
    struct span name = json_text(dataset, "name"), title = json_text(dataset, "title");
    c[0] = (struct view_crumb){SPAN("Datasets"), SPAN("/")};
    c[1] = (struct view_crumb){title.n > 0 ? title : name, link_dataset(v->t, name)};
    *at = c;
    *n = 2;
}

struct span
facts_fine(struct task *t, const json_t *dataset)
{
    const json_t *current = json_object_get(dataset, "current");
    struct span sha = facts_short(json_text(current, "sha")), license = json_text(dataset, "license");
    struct span when = facts_time(t, json_int(current, "at_ms", 0));
    return task_format(
        t, "Revision %.*s of %.*s%s%.*s", SPAN_ARG(sha), SPAN_ARG(when), license.n > 0 ? " · " : "", SPAN_ARG(license));
}

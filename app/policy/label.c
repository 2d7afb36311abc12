/* label: joining and comparing; JSON. */
#include "policy/label.h"

#include "base/must.h"
#include "policy/words.h"

#include <string.h>

void
label_init_dataset(struct span name, enum policy_level level, int integrity, struct label *out)
{
    *out = (struct label){.level = level};
    if (level >= LEVEL_PRIVATE)
        label_add_category(out, name);
    label_add_source(out, name, integrity);
}

/* More categories than there is room for: then it is of every category, which only sinks that may have all cover. */
static void
overflow(struct label *l)
{
    l->all = true;
    l->n_categories = 0;
}

void
label_add_category(struct label *l, struct span name)
{
    size_t at = 0;
    if (l->all)
        return;
    while (at < l->n_categories && span_cmp(l->categories[at], name) < 0)
        at++;
    if (at < l->n_categories && span_eq(l->categories[at], name))
        return;
    if (l->n_categories == LABEL_CATEGORIES) {
        overflow(l);
        return;
    }
    memmove(l->categories + at + 1, l->categories + at, (l->n_categories - at) * sizeof l->categories[0]);
    l->categories[at] = name;
    l->n_categories++;
}

/* The place of the name, or of the least bad source when there is room for no more; n_sources: a new one. */
static size_t
source_place(const struct label *l, struct span name)
{
    size_t mildest = 0;
    for (size_t i = 0; i < l->n_sources; i++) {
        if (span_eq(l->sources[i].name, name))
            return i;
        if (l->sources[i].integrity < l->sources[mildest].integrity)
            mildest = i;
    }
    return l->n_sources < LABEL_SOURCES ? l->n_sources : mildest;
}

void
label_add_source(struct label *l, struct span name, int integrity)
{
    must(integrity >= INTEGRITY_SYSTEM && integrity <= INTEGRITY_EXTERNAL);
    if (integrity > l->integrity)
        l->integrity = integrity;
    size_t at = source_place(l, name);
    if (at < l->n_sources && l->sources[at].integrity >= integrity)
        return;
    l->sources[at] = (struct label_source){name, integrity};
    if (at == l->n_sources)
        l->n_sources++;
}

void
label_join(struct label *into, const struct label *from)
{
    if (from->level > into->level)
        into->level = from->level;
    if (from->integrity > into->integrity)
        into->integrity = from->integrity;
    if (from->all)
        overflow(into);
    for (size_t i = 0; i < from->n_categories; i++)
        label_add_category(into, from->categories[i]);
    for (size_t i = 0; i < from->n_sources; i++)
        label_add_source(into, from->sources[i].name, from->sources[i].integrity);
}

bool
label_has_category(const struct label *l, struct span name)
{
    for (size_t i = 0; i < l->n_categories; i++)
        if (span_eq(l->categories[i], name))
            return true;
    return l->all;
}

bool
label_covers(const struct label *sink, const struct label *data)
{
    if (sink->all)
        return true;
    if (data->all)
        return false;
    for (size_t i = 0; i < data->n_categories; i++)
        if (!label_has_category(sink, data->categories[i]))
            return false;
    return true;
}

bool
label_rose(const struct label *was, const struct label *now)
{
    return now->level > was->level || now->integrity > was->integrity || !label_covers(was, now);
}

void
label_json_categories(struct buf *b, const struct label *l)
{
    buf_putc(b, '[');
    if (l->all)
        buf_puts(b, "\"*\"");
    for (size_t i = 0; i < l->n_categories; i++) {
        if (i > 0)
            buf_putc(b, ',');
        json_put_text(b, l->categories[i]);
    }
    buf_putc(b, ']');
}

void
label_json_put(struct buf *b, const struct label *l)
{
    buf_printf(b, "{\"level\":\"%s\",\"categories\":", policy_level_word(l->level));
    label_json_categories(b, l);
    buf_printf(b, ",\"integrity\":%d,\"from\":[", l->integrity);
    for (size_t i = 0; i < l->n_sources; i++) {
        buf_puts(b, i > 0 ? ",{\"name\":" : "{\"name\":");
        json_put_text(b, l->sources[i].name);
        buf_printf(b, ",\"integrity\":%d}", l->sources[i].integrity);
    }
    buf_puts(b, "]}");
}

static bool
is_integrity(int64_t n)
{
    return n >= INTEGRITY_SYSTEM && n <= INTEGRITY_EXTERNAL;
}

static bool
read_categories(const json_t *list, struct label *out)
{
    size_t i;
    const json_t *item;
    if (!json_is_array(list) || json_array_size(list) > LABEL_CATEGORIES)
        return false;
    json_array_foreach(list, i, item)
    {
        struct span name = {json_string_value(item), json_string_length(item)};
        if (!json_is_string(item))
            return false;
        if (span_is(name, "*"))
            overflow(out);
        else
            label_add_category(out, name);
    }
    return true;
}

static bool
read_sources(const json_t *list, struct label *out)
{
    size_t i;
    const json_t *item;
    if (!json_is_array(list) || json_array_size(list) > LABEL_SOURCES)
        return false;
    json_array_foreach(list, i, item)
    {
        int64_t integrity = json_int(item, "integrity", -1);
        if (!json_is_string(json_object_get(item, "name")) || !is_integrity(integrity))
            return false;
        label_add_source(out, json_text(item, "name"), (int)integrity);
    }
    return true;
}

enum err
label_json_read(struct task *t, struct span json, struct label *out)
{
    json_t *j = NULL;
    *out = (struct label){0};
    if (json_read(t, json, &j) != E_OK)
        return t->err;
    int64_t integrity = json_int(j, "integrity", -1);
    if (!policy_level_read(json_text(j, "level"), &out->level) || !is_integrity(integrity) ||
        !read_categories(json_object_get(j, "categories"), out) || !read_sources(json_object_get(j, "from"), out))
        return task_fail(t, E_INVALID, "A label is not as it was written: level, categories, integrity and from.");
    if (integrity > out->integrity)
        out->integrity = (int)integrity;
    return E_OK;
}

/* label: reading, joining and writing labels. */
#include "gate/label.h"

#include "base/json.h"

enum err
label_of_dataset(struct task *t, struct gate *g, const struct auth_dataset *d, struct dataset_label *out)
{
    *out = (struct dataset_label){.name = d->name, .level = object_level(d), .integrity = (int)d->integrity};
    return auth_label_list(t, &g->db, d->name, &out->entries, &out->n);
}

void
label_under(const struct dataset_label *l, enum policy_level ceiling, struct label *out)
{
    enum policy_level level = l->level;
    int integrity = l->integrity;
    for (size_t i = 0; i < l->n; i++) {
        if (l->entries[i].level > (int64_t)ceiling)
            continue;
        if (l->entries[i].level > (int64_t)level)
            level = (enum policy_level)l->entries[i].level;
        if (l->entries[i].integrity > integrity)
            integrity = (int)l->entries[i].integrity;
    }
    label_init_dataset(l->name, level, integrity, out);
}

/* What a table or column adds to the whole's label; false: nothing. */
static bool
put_entry(struct buf *b, const struct dataset_label *l, const struct auth_label *e)
{
    bool worse = e->integrity > l->integrity;
    if (e->level <= (int64_t)l->level && !worse)
        return false;
    buf_putc(b, '[');
    json_put_text(b, e->table);
    buf_putc(b, ',');
    json_put_text(b, e->column);
    buf_printf(b, ",%d", e->level > (int64_t)l->level ? (int)e->level : (int)l->level);
    if (worse)
        buf_printf(b, ",%d", (int)e->integrity);
    buf_puts(b, "],");
    return true;
}

enum err
label_detail(struct task *t, const struct dataset_label *l, struct span more, struct span *out)
{
    struct buf *b = task_buf(t, LABEL_DETAIL_BYTES);
    bool any = false;
    buf_printf(b, "{\"level\":%d,\"integrity\":%d,\"labels\":[", (int)l->level, l->integrity);
    for (size_t i = 0; i < l->n; i++)
        any = put_entry(b, l, &l->entries[i]) || any;
    if (any && !b->failed)
        b->n--; /* the last comma */
    buf_putc(b, ']');
    buf_span(b, more);
    buf_putc(b, '}');
    *out = buf_view(b);
    if (b->failed)
        return task_fail(t, E_LIMIT,
            "The dataset %.*s has more labels than a permission can carry (%d bytes): label whole tables instead of "
            "columns.",
            SPAN_ARG(l->name), LABEL_DETAIL_BYTES);
    return E_OK;
}

enum policy_level
label_clearance(const struct actor *a, const struct auth_dataset *d, const struct may_object *o)
{
    if (!a->public.signed_in)
        return LEVEL_PUBLIC;
    if (span_is(a->public.role, "admin") || span_eq(a->public.principal, d->owner))
        return LEVEL_SECRET;
    return o->reader ? LEVEL_PRIVATE : LEVEL_ORG;
}

enum err
label_taint(struct task *t, struct gate *g, struct span conversation, struct taint *out)
{
    struct auth_conversation c;
    *out = (struct taint){.categories = SPAN("[]"), .sources = SPAN("[]")};
    if (auth_conversation_find(t, &g->db, conversation, &c) != E_OK || c.id.n == 0)
        return t->err;
    *out = (struct taint){(enum policy_level)c.level, (int)c.integrity, c.categories, c.sources};
    return E_OK;
}

enum err
label_state(struct task *t, const struct auth_conversation *c, struct taint_state *out)
{
    struct span text = task_format(t, "{\"level\":\"%s\",\"categories\":%.*s,\"integrity\":%d,\"from\":%.*s}",
        policy_level_word((enum policy_level)c->level), SPAN_ARG(c->categories), (int)c->integrity,
        SPAN_ARG(c->sources));
    *out = (struct taint_state){.mode = span_is(c->mode, "public") ? MODE_PUBLIC : MODE_PRIVATE};
    return label_json_read(t, text, &out->label);
}

static struct span
sources_json(struct task *t, const struct label *l)
{
    enum { SOURCES_BYTES = 8192 };
    struct buf *b = task_buf(t, SOURCES_BYTES);
    buf_putc(b, '[');
    for (size_t i = 0; i < l->n_sources; i++) {
        buf_puts(b, i > 0 ? ",{\"name\":" : "{\"name\":");
        json_put_text(b, l->sources[i].name);
        buf_printf(b, ",\"integrity\":%d}", l->sources[i].integrity);
    }
    buf_putc(b, ']');
    return buf_view(b);
}

struct span
label_categories(struct task *t, const struct label *l)
{
    enum { CATEGORIES_BYTES = 65536 };
    struct buf *b = task_buf(t, CATEGORIES_BYTES);
    label_json_categories(b, l);
    return buf_view(b);
}

enum err
label_raise(
    struct task *t, struct gate *g, struct auth_conversation *c, const struct taint_state *s, bool dry, bool *rose)
{
    struct taint_state before;
    if (label_state(t, c, &before) != E_OK)
        return t->err;
    struct span sources = sources_json(t, &s->label);
    *rose = label_rose(&before.label, &s->label) || !span_eq(sources, sources_json(t, &before.label));
    if (!*rose || dry)
        return E_OK;
    c->level = s->label.level;
    c->integrity = s->label.integrity;
    c->categories = label_categories(t, &s->label);
    c->sources = sources;
    return auth_taint_put(t, &g->db, c);
}

void
label_context(const struct auth_conversation *c, const struct taint_state *s, struct label *out)
{
    taint_context(s, out);
    if (c->message > (int64_t)out->level)
        out->level = (enum policy_level)c->message;
}

enum policy_mode
label_mode(struct span mode, bool strict, enum policy_level level)
{
    bool is_public = span_is(mode, "public");
    if (is_public && level > LEVEL_PUBLIC)
        return MODE_PUBLIC;
    if (strict)
        return MODE_STRICT;
    return is_public ? MODE_PUBLIC : MODE_PRIVATE;
}

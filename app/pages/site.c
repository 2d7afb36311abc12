/* site: a worker's kept answers. Few entries: linear search, the oldest is replaced. */
#include "pages/site.h"

#include "base/clock.h"

#include <string.h>

static bool
is_name(const char *kept, struct span name)
{
    return name.n < SITE_NAME_BYTES && span_is(name, kept);
}

static void
copy_name(char *to, size_t room, struct span name)
{
    size_t n = name.n < room - 1 ? name.n : room - 1;
    memcpy(to, name.p ? name.p : "", n);
    to[n] = '\0';
}

struct site_grant *
site_grant_find(struct pages *s, struct span name, bool sql, uint64_t epoch)
{
    int64_t now = clock_mono_ms();
    for (size_t i = 0; i < SITE_GRANTS; i++) {
        struct site_grant *g = &s->grants[i];
        if (g->record && g->sql == sql && is_name(g->name, name))
            return g->epoch == epoch && epoch != 0 && now - g->at_ms < SITE_KEEP_MS ? g : NULL;
    }
    return NULL;
}

struct site_grant *
site_grant_keep(struct pages *s, struct span name, bool sql, uint64_t epoch, struct span sealed, json_t *record)
{
    struct site_grant *g = &s->grants[0];
    for (size_t i = 0; i < SITE_GRANTS; i++) {
        struct site_grant *x = &s->grants[i];
        if (x->record && x->sql == sql && is_name(x->name, name)) {
            g = x;
            break;
        }
        if (!x->record || (g->record && x->at_ms < g->at_ms))
            g = x;
    }
    if (epoch == 0 || name.n >= SITE_NAME_BYTES)
        return NULL;
    json_decref(g->record);
    buf_reset(&g->sealed);
    buf_init(&g->sealed, sealed.n + 1);
    buf_span(&g->sealed, sealed);
    g->record = json_incref(record);
    g->sql = sql;
    g->epoch = epoch;
    g->at_ms = clock_mono_ms();
    copy_name(g->name, sizeof g->name, name);
    return g;
}

json_t *
site_schema_find(struct pages *s, struct span name, struct span sha)
{
    for (size_t i = 0; i < SITE_SCHEMAS; i++) {
        struct site_schema *x = &s->schemas[i];
        if (!x->schema || !is_name(x->name, name) || !span_is(sha, x->sha))
            continue;
        x->used_ms = clock_mono_ms();
        return x->schema;
    }
    return NULL;
}

void
site_schema_keep(struct pages *s, struct span name, struct span sha, json_t *schema)
{
    struct site_schema *to = &s->schemas[0];
    if (name.n >= SITE_NAME_BYTES || sha.n >= SITE_HASH_BYTES || sha.n == 0)
        return;
    for (size_t i = 0; i < SITE_SCHEMAS; i++)
        if (!s->schemas[i].schema || s->schemas[i].used_ms < to->used_ms)
            to = &s->schemas[i];
    json_decref(to->schema);
    to->schema = json_incref(schema);
    to->used_ms = clock_mono_ms();
    copy_name(to->name, sizeof to->name, name);
    copy_name(to->sha, sizeof to->sha, sha);
}

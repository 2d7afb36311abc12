/* site: a worker's kept answers. Few entries: linear search, the oldest is replaced. */
#include "pages/site.h"

#include "base/clock.h"
#include "base/id.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

enum { STATIC_DEPTH = 4 };

/* Order must not matter to the hash (folders list in any order): hashes of files are added up. */
static void
add_folder(const char *folder, int depth, unsigned char sum[HASH_BYTES])
{
    DIR *d = depth > 0 ? opendir(folder) : NULL;
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[4096], hex[HASH_HEX_BYTES];
        if (e->d_name[0] == '.' || snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path)
            continue;
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0 && hash_file_sha256(fd, hex)) {
            unsigned char h[HASH_BYTES];
            hash_bytes((struct span){hex, sizeof hex - 1}, h);
            for (size_t i = 0; i < HASH_BYTES; i++)
                sum[i] = (unsigned char)(sum[i] + h[i]);
        } else if (fd >= 0) {
            add_folder(path, depth - 1, sum);
        }
        if (fd >= 0)
            close(fd);
    }
    if (d)
        closedir(d);
}

void
site_static_version(const char *folder, char out[17])
{
    unsigned char sum[HASH_BYTES] = {0};
    char hex[HASH_HEX_BYTES];
    add_folder(folder, STATIC_DEPTH, sum);
    hash_hex((struct span){(const char *)sum, sizeof sum}, hex);
    memcpy(out, hex, 16);
    out[16] = '\0';
}

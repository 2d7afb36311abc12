/* vault: XChaCha20-Poly1305 (libsodium) with the deployment and the name as associated data: a file that was changed,
 * given another name or carried to another deployment does not open. */
#include "egress/vault.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/log.h"
#include "base/must.h"

#include <dirent.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "LYCSEC1\n"
enum {
    MAGIC_BYTES = 8,
    TIME_BYTES = 8,
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES
};
enum { HEAD_BYTES = MAGIC_BYTES + TIME_BYTES + NONCE_BYTES, FILE_BYTES = HEAD_BYTES + VAULT_VALUE_BYTES + TAG_BYTES };

static const char *const from_environment[] = {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"};
enum { N_ENVIRONMENT = sizeof from_environment / sizeof from_environment[0] };

struct vault {
    unsigned char *master; /* sodium_malloc */
    struct vault_value environment[N_ENVIRONMENT];
    int64_t started_ms;
};

/* plugin:NAMESPACE:NAME: before the name of a plugin's own key. */
static bool
cut_plugin(struct span *name)
{
    struct span rest = *name, part[3];
    for (size_t i = 0; i < 3; i++)
        if (!span_cut(&rest, ':', &part[i]) || part[i].n == 0 || part[i].n > VAULT_PLUGIN_BYTES ||
            !span_only(part[i], "abcdefghijklmnopqrstuvwxyz0123456789-"))
            return false;
    if (!span_is(part[0], "plugin"))
        return false;
    *name = rest;
    return true;
}

bool
vault_is_name(struct span name)
{
    if (span_has(name, ':') && !cut_plugin(&name))
        return false;
    if (name.n == 0 || name.n > VAULT_NAME_BYTES || name.p[0] < 'A' || name.p[0] > 'Z')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return true;
}

/* It goes into a header line: nothing that could end it. */
static bool
is_value(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '!' || s.p[i] > '~')
            return false;
    return s.n > 0 && s.n <= VAULT_VALUE_BYTES;
}

enum err
vault_room(struct task *t, size_t n, struct vault_value *out)
{
    *out = (struct vault_value){sodium_malloc(n), n};
    return out->p ? E_OK : task_fail(t, E_UNAVAILABLE, "There is no locked memory left for keys.");
}

void
vault_free(struct vault_value *value)
{
    sodium_free(value->p); /* wipes */
    *value = (struct vault_value){0};
}

/* The master key --------------------------------------------------------------------------------------------------- */

static bool
is_secret_file(const char *name, struct span *out)
{
    struct span s = span_of(name);
    if (!span_ends(s, ".secret"))
        return false;
    *out = span_first(s, s.n - strlen(".secret"));
    return vault_is_name(*out);
}

static bool
any_secret(const char *folder)
{
    DIR *d = opendir(folder);
    bool found = false;
    struct span name;
    for (struct dirent *e; d && !found && (e = readdir(d)) != NULL;)
        found = is_secret_file(e->d_name, &name);
    if (d)
        closedir(d);
    return found;
}

static enum err
read_master(struct task *t, struct vault *v)
{
    const char *path = conf_path(t, "secrets/master.key");
    struct span s;
    enum err e = fsio_read(t, path, KEY_BYTES, &s);
    if (e == E_NOTFOUND && !any_secret(conf_path(t, "secrets"))) {
        task_clear_error(t);
        randombytes_buf(v->master, KEY_BYTES);
        return fsio_write_atomic(t, path, (struct span){(const char *)v->master, KEY_BYTES}, 0400);
    }
    if (e == E_NOTFOUND) {
        task_clear_error(t);
        return task_fail(t, E_CORRUPT,
            "secrets/master.key is gone, but there are secrets: restore it from a backup, or remove them.");
    }
    if (e == E_OK && s.n != KEY_BYTES)
        return task_fail(t, E_CORRUPT, "secrets/master.key is damaged: restore it from a backup.");
    if (e != E_OK)
        return e;
    memcpy(v->master, s.p, KEY_BYTES);
    sodium_memzero((void *)(uintptr_t)s.p, s.n);
    return E_OK;
}

/* The variables' bytes are wiped where the kernel put them: /proc/self/environ shows that place. */
static enum err
take_environment(struct task *t, struct vault *v)
{
    for (size_t i = 0; i < N_ENVIRONMENT; i++) {
        char *z = getenv(from_environment[i]);
        if (!z)
            continue;
        struct span value = span_of(z);
        bool good = is_value(value);
        if (good && vault_room(t, value.n, &v->environment[i]) != E_OK)
            return t->err;
        if (good)
            memcpy(v->environment[i].p, value.p, value.n);
        else
            log_line(t, "%s in the environment is not a key: ignored", from_environment[i]);
        sodium_memzero(z, value.n);
        unsetenv(from_environment[i]);
    }
    return E_OK;
}

enum err
vault_open(struct task *t, struct vault **out)
{
    struct vault *v = task_new(t, struct vault);
    v->started_ms = clock_unix_ms();
    v->master = sodium_malloc(KEY_BYTES);
    if (!v->master)
        return task_fail(t, E_UNAVAILABLE, "There is no memory for keys.");
    if (sodium_mlock(v->master, KEY_BYTES) != 0)
        log_line(t, "keys can't be locked into memory: raise the limit of locked memory");
    if (read_master(t, v) != E_OK || take_environment(t, v) != E_OK) {
        vault_close(v);
        return t->err;
    }
    *out = v;
    return E_OK;
}

void
vault_close(struct vault *v)
{
    sodium_free(v->master);
    v->master = NULL;
    for (size_t i = 0; i < N_ENVIRONMENT; i++)
        vault_free(&v->environment[i]);
}

/* Files ------------------------------------------------------------------------------------------------------------ */

static const char *
path_of(struct task *t, struct span name)
{
    return conf_path(t, task_printf(t, "secrets/%.*s.secret", SPAN_ARG(name)));
}

/* Each part with its length, so that no two lists look the same. */
static struct span
associated(struct task *t, struct span name, const char *when)
{
    struct buf *b = task_buf(t, 4096);
    struct span deployment = span_of(conf_text("deployment.id"));
    buf_puts(b, "lyceum/secret/v1");
    buf_u32le(b, (uint32_t)deployment.n);
    buf_span(b, deployment);
    buf_u32le(b, (uint32_t)name.n);
    buf_span(b, name);
    buf_put(b, when, TIME_BYTES);
    must(!b->failed);
    return buf_view(b);
}

enum err
vault_set(struct task *t, struct vault *v, struct span name, struct span value)
{
    if (!vault_is_name(name))
        return task_fail(
            t, E_INVALID, "A secret's name is capital letters, digits and underscores, as in OPENAI_API_KEY.");
    if (!is_value(value))
        return task_fail(
            t, E_INVALID, "A secret is one line of 1 to %d visible characters, without spaces.", VAULT_VALUE_BYTES);
    unsigned char file[FILE_BYTES];
    unsigned char *nonce = file + MAGIC_BYTES + TIME_BYTES;
    unsigned long long n = 0;
    uint64_t now = (uint64_t)clock_unix_ms();
    memcpy(file, MAGIC, MAGIC_BYTES);
    for (int i = 0; i < TIME_BYTES; i++)
        file[MAGIC_BYTES + i] = (unsigned char)(now >> (8 * i));
    randombytes_buf(nonce, NONCE_BYTES);
    struct span ad = associated(t, name, (const char *)file + MAGIC_BYTES);
    must(crypto_aead_xchacha20poly1305_ietf_encrypt(file + HEAD_BYTES, &n, (const unsigned char *)value.p, value.n,
             (const unsigned char *)ad.p, ad.n, NULL, nonce, v->master) == 0);
    return fsio_write_atomic(t, path_of(t, name), (struct span){(const char *)file, HEAD_BYTES + (size_t)n}, 0400);
}

static enum err
open_file(struct task *t, struct vault *v, struct span name, struct vault_value *out, int64_t *set_ms)
{
    struct span s;
    if (fsio_read(t, path_of(t, name), FILE_BYTES, &s) != E_OK)
        return t->err;
    static const char damaged[] = "The secret %.*s is damaged or from another deployment: set it again.";
    if (s.n <= HEAD_BYTES + TAG_BYTES || memcmp(s.p, MAGIC, MAGIC_BYTES) != 0)
        return task_fail(t, E_CORRUPT, damaged, SPAN_ARG(name));
    uint64_t when = 0;
    for (int i = TIME_BYTES - 1; i >= 0; i--)
        when = when << 8 | (unsigned char)s.p[MAGIC_BYTES + i];
    *set_ms = (int64_t)when;
    struct span sealed = span_from(s, HEAD_BYTES);
    struct span ad = associated(t, name, s.p + MAGIC_BYTES);
    unsigned long long n = 0;
    if (vault_room(t, sealed.n - TAG_BYTES, out) != E_OK)
        return t->err;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)out->p, &n, NULL, (const unsigned char *)sealed.p,
            sealed.n, (const unsigned char *)ad.p, ad.n, (const unsigned char *)s.p + MAGIC_BYTES + TIME_BYTES,
            v->master) != 0) {
        vault_free(out);
        return task_fail(t, E_CORRUPT, damaged, SPAN_ARG(name));
    }
    return E_OK;
}

enum err
vault_get(struct task *t, struct vault *v, struct span name, struct vault_value *out)
{
    int64_t set_ms;
    *out = (struct vault_value){0};
    if (!vault_is_name(name))
        return task_fail(t, E_INVALID, "The model names no secret that could be.");
    enum err e = open_file(t, v, name, out, &set_ms);
    if (e != E_NOTFOUND)
        return e;
    task_clear_error(t);
    for (size_t i = 0; i < N_ENVIRONMENT; i++)
        if (v->environment[i].p && span_is(name, from_environment[i])) {
            if (vault_room(t, v->environment[i].n, out) == E_OK)
                memcpy(out->p, v->environment[i].p, out->n);
            return t->err;
        }
    return task_fail(t, E_NOTFOUND,
        "The key %.*s is not set: an admin can set it with \"lyceum secret set %.*s\" or on the models page.",
        SPAN_ARG(name), SPAN_ARG(name));
}

static void
list_one(struct vault *v, struct span name, json_t *list)
{
    struct task one;
    struct vault_value value = {0};
    int64_t set_ms = 0;
    task_begin(&one, 0);
    bool good = open_file(&one, v, name, &value, &set_ms) == E_OK;
    json_t *row = json_pack("{s:s%, s:I, s:s}", "name", name.p, name.n, "set_ms", (json_int_t)set_ms, "from", "store");
    if (!good)
        json_object_set_new(row, "damaged", json_true());
    must(json_array_append_new(list, row) == 0);
    vault_free(&value);
    task_end(&one);
}

enum err
vault_list(struct task *t, struct vault *v, json_t **out)
{
    json_t *list = task_json(t, json_array());
    struct span name;
    DIR *d = opendir(conf_path(t, "secrets"));
    if (!d)
        return task_fail(t, E_UNAVAILABLE, "The folder of secrets can't be read.");
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (is_secret_file(e->d_name, &name))
            list_one(v, name, list);
    closedir(d);
    for (size_t i = 0; i < N_ENVIRONMENT; i++)
        if (v->environment[i].p)
            must(json_array_append_new(list, json_pack("{s:s, s:I, s:s}", "name", from_environment[i], "set_ms",
                                                 (json_int_t)v->started_ms, "from", "environment")) == 0);
    *out = list;
    return E_OK;
}

/* key: signing keys on disk. */
#include "policy/grant.h"

#include "base/conf.h"
#include "base/fsio.h"
#include "base/must.h"

#include <sodium.h>
#include <string.h>

static const char *
public_path(struct task *t, const char *name)
{
    return conf_path(t, task_printf(t, "share/%s.pub", name));
}

enum err
grant_key_read_public(struct task *t, const char *name, unsigned char out[GRANT_KEY_BYTES])
{
    struct span s;
    if (fsio_read(t, public_path(t, name), GRANT_KEY_BYTES, &s) != E_OK)
        return t->err;
    if (s.n != GRANT_KEY_BYTES)
        return task_fail(t, E_CORRUPT,
            "The public key share/%s.pub is damaged: restart the %s service, which writes it.", name, name);
    memcpy(out, s.p, s.n);
    return E_OK;
}

static enum err
read_or_make(struct task *t, const char *path, unsigned char secret[GRANT_SECRET_BYTES])
{
    unsigned char public[GRANT_KEY_BYTES];
    struct span s;
    enum err e = fsio_read(t, path, GRANT_SECRET_BYTES, &s);
    if (e == E_OK && s.n != GRANT_SECRET_BYTES)
        return task_fail(t, E_CORRUPT, "The signing key %s is damaged: restore it from a backup.", path);
    if (e == E_OK) {
        memcpy(secret, s.p, s.n);
        return E_OK;
    }
    if (e != E_NOTFOUND)
        return e;
    task_clear_error(t);
    must(crypto_sign_keypair(public, secret) == 0);
    return fsio_write_atomic(t, path, (struct span){(const char *)secret, GRANT_SECRET_BYTES}, 0400);
}

enum err
grant_key_own(struct task *t, const char *folder, const char *name, unsigned char secret[GRANT_SECRET_BYTES])
{
    unsigned char public[GRANT_KEY_BYTES], there[GRANT_KEY_BYTES];
    if (read_or_make(t, conf_path(t, task_printf(t, "%s/%s.key", folder, name)), secret) != E_OK)
        return t->err;
    must(crypto_sign_ed25519_sk_to_pk(public, secret) == 0);
    struct task probe;
    task_begin(&probe, 0);
    bool same = grant_key_read_public(&probe, name, there) == E_OK && memcmp(public, there, sizeof public) == 0;
    task_end(&probe);
    if (same)
        return E_OK;
    return fsio_write_atomic(t, public_path(t, name), (struct span){(const char *)public, sizeof public}, 0644);
}

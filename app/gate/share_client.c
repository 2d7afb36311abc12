/* share_client: reading the ring of revocations while gate writes it. */
#include "gate/share_client.h"

#include "base/conf.h"
#include "base/id.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
share_key(const char *kind, struct span id, unsigned char out[SHARE_KEY_BYTES])
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, SHARE_KEY_BYTES);
    crypto_generichash_update(&st, (const unsigned char *)kind, strlen(kind) + 1);
    crypto_generichash_update(&st, (const unsigned char *)id.p, id.n);
    crypto_generichash_final(&st, out, SHARE_KEY_BYTES);
}

static bool
read_count(int fd, uint64_t *out)
{
    unsigned char head[SHARE_HEAD_BYTES];
    if (pread(fd, head, sizeof head, 0) != (ssize_t)sizeof head || memcmp(head, SHARE_MAGIC, 8) != 0)
        return false;
    *out = 0;
    for (unsigned i = 16; i-- > 8;)
        *out = *out << 8 | head[i];
    return true;
}

static bool
open_file(struct share_watch *w)
{
    char path[512];
    int n = snprintf(path, sizeof path, "%s/share/revoked", conf_text("state"));
    w->fd = n > 0 && (size_t)n < sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (w->fd >= 0 && !read_count(w->fd, &w->seen))
        share_watch_close(w);
    return w->fd >= 0;
}

void
share_watch_open(struct share_watch *w)
{
    *w = (struct share_watch){.fd = -1};
    open_file(w);
}

void
share_watch_close(struct share_watch *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

bool
share_watch_poll(struct share_watch *w, void (*revoked)(void *arg, const unsigned char key[SHARE_KEY_BYTES]), void *arg)
{
    uint64_t count = 0;
    if (w->fd < 0) { /* opened only now: what came before is unknown */
        open_file(w);
        return false;
    }
    if (!read_count(w->fd, &count) || count < w->seen) {
        share_watch_close(w);
        return false;
    }
    bool whole = count - w->seen <= SHARE_RING;
    for (uint64_t i = whole ? w->seen : count; i < count; i++) {
        unsigned char key[SHARE_KEY_BYTES];
        off_t at = SHARE_HEAD_BYTES + (off_t)(i % SHARE_RING) * SHARE_KEY_BYTES;
        whole = whole && pread(w->fd, key, sizeof key, at) == (ssize_t)sizeof key;
        if (whole)
            revoked(arg, key);
    }
    uint64_t after = 0;
    whole = whole && read_count(w->fd, &after) && after - w->seen < SHARE_RING; /* not lapped while reading */
    w->seen = count;
    return whole;
}

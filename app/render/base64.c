/* base64: libsodium's encoder into a buffer. */
#include "render/base64.h"

#include <sodium.h>

void
base64_put(struct buf *out, struct span bytes)
{
    size_t room = sodium_base64_encoded_len(bytes.n, sodium_base64_VARIANT_ORIGINAL); /* with its NUL */
    char *to = buf_room(out, room);
    if (!to)
        return;
    sodium_bin2base64(to, room, (const unsigned char *)(bytes.p ? bytes.p : ""), bytes.n,
        sodium_base64_VARIANT_ORIGINAL);
    out->n += room - 1;
}

/* fuzz: lyc_policy */
/* fuzz_grant: bytes that claim to be a grant or a ticket; half of the runs are signed, so that the fields are reached.
 */
#include "base/id.h"
#include "policy/grant.h"

#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Signs the bytes as grant.c does. */
static struct span
sign(struct task *t, const unsigned char *secret, const uint8_t *data, size_t size)
{
    static const char domain[] = "lyceum/grant/v1";
    crypto_sign_state st;
    char *out = task_alloc(t, crypto_sign_BYTES + size);
    crypto_sign_init(&st);
    crypto_sign_update(&st, (const unsigned char *)domain, sizeof domain);
    crypto_sign_update(&st, data, size);
    crypto_sign_final_create(&st, (unsigned char *)out, NULL, secret);
    memcpy(out + crypto_sign_BYTES, data, size);
    return (struct span){out, crypto_sign_BYTES + size};
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char key[GRANT_KEY_BYTES], secret[GRANT_SECRET_BYTES];
    static const unsigned char seed[crypto_sign_SEEDBYTES] = {1};
    static const char *const audiences[] = {"query", "gate"};
    struct task t;
    struct grant g;
    id_init();
    crypto_sign_seed_keypair(key, secret, seed);
    task_begin(&t, 0);
    struct span raw = {(const char *)data, size};
    for (size_t i = 0; i < 2; i++) {
        if (grant_open(&t, key, raw, audiences[i], 1000, &g) == E_OK)
            __builtin_trap(); /* forged */
        task_clear_error(&t);
        if (size < GRANT_SEAL_BYTES)
            grant_open(&t, key, sign(&t, secret, data, size), audiences[i], 1000, &g);
        task_clear_error(&t);
    }
    task_end(&t);
    return 0;
}

/* auth_offer: what marketplaces offer, for the catalogue: in authority.db. */
#ifndef STORE_AUTH_OFFER_H
#define STORE_AUTH_OFFER_H

#include "store/db.h"

enum { AUTH_OFFERS = 50, AUTH_OFFER_VERSIONS = 100 };

struct auth_offer {
    struct span market, id;
    int64_t serial;
    struct span status; /* ok yanked revoked */
    bool newest;        /* the highest serial of its id that is ok */
    struct span digest, version, title, about, publisher, level, effect, abc;
    struct span reviewers, words; /* JSON arrays of texts */
    int64_t vet_ms, log_index;
};
enum err auth_offer_clear(struct task *t, struct db *db, struct span market);
enum err auth_offer_add(struct task *t, struct db *db, const struct auth_offer *o);
/* The newest of each id that is not installed, by id: those whose id, title, text or publisher holds `words` (any case
 * of ASCII; empty: all), of that level (empty: any). At most AUTH_OFFERS from the from-th on; *more: there are others.
 */
enum err auth_offer_search(struct task *t, struct db *db, struct span words, struct span level, int64_t from,
    struct auth_offer **out, size_t *n, bool *more);
/* All versions of an id, the highest serial first; at most AUTH_OFFER_VERSIONS. */
enum err auth_offer_list(struct task *t, struct db *db, struct span id, struct auth_offer **out, size_t *n);

#endif

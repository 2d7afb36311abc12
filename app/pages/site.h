/* site: what a worker of lyceum-web keeps between requests. Private to app/pages. */
#ifndef PAGES_SITE_H
#define PAGES_SITE_H

#include "pages/pages.h"
#include "store/work.h"

#include <jansson.h>

enum { SITE_KEEP_MS = 30000, SITE_GRANTS = 64, SITE_SCHEMAS = 32, SITE_NAME_BYTES = 64, SITE_HASH_BYTES = 65 };

/* Gate's answer to visitors about one dataset. Grants live 60 s, so that one of at most 30 s is good. */
struct site_grant {
    char name[SITE_NAME_BYTES];
    bool sql;
    struct buf sealed;
    json_t *record;
    uint64_t epoch;
    int64_t at_ms;
};
struct site_schema {
    char name[SITE_NAME_BYTES];
    char sha[SITE_HASH_BYTES];
    json_t *schema;
    int64_t used_ms;
};
struct pages {
    char version[17];    /* of the static files */
    struct task *worker; /* as long as the process */
    struct work *public_work, *private_work;
    json_t *catalogue; /* as visitors without a session see it */
    uint64_t catalogue_epoch;
    int64_t catalogue_ms;
    struct site_grant grants[SITE_GRANTS];
    struct site_schema schemas[SITE_SCHEMAS];
};

/* Keeps are void after SITE_KEEP_MS and when gate's epoch changed; epoch 0 keeps nothing. */
struct site_grant *site_grant_find(struct pages *s, struct span name, bool sql, uint64_t epoch);
struct site_grant *site_grant_keep(
    struct pages *s, struct span name, bool sql, uint64_t epoch, struct span sealed, json_t *record);
json_t *site_schema_find(struct pages *s, struct span name, struct span sha);
void site_schema_keep(struct pages *s, struct span name, struct span sha, json_t *schema);

#endif

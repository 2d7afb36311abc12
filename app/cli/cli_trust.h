/* cli_trust: a marketplace's folder checked from the command line, with what is remembered of it. */
#ifndef CLI_CLI_TRUST_H
#define CLI_CLI_TRUST_H

#include "plugin/trust.h"

struct cli_trust_order {
    const char *folder; /* the marketplace's, or a mirror of it */
    struct span id;     /* empty: the marketplace alone */
    int64_t serial;     /* 0: the newest */
    struct span state;  /* JSON: what was remembered */
    const char *bundle; /* the bundle's files are here; NULL: below the folder. "" : they are not checked */
};
/* Gathers, verifies, and checks the bundle's files. out->code says how it went; E_OK: also files, save out->state. */
enum err cli_trust_verify(struct task *t, const struct cli_trust_order *o, struct trust_verdict *out);

/* Why a marketplace could not even be gathered: "malformed" or "unreadable". */
const char *cli_trust_code(enum err e);
/* The last word of a check: "ok" and what was found, or "refused (code): sentence"; as JSON
 * {"ok","code","sentence",...}. Returns the exit status. */
int cli_trust_end(struct task *t, enum err e, const char *code, bool as_json, json_t *more);

#endif

/* cli_trust: marketplaces checked. */
#include "cli/cli_trust.h"

#include "base/clock.h"
#include "base/json.h"
#include "plugin/bundle.h"
#include "plugin/market.h"

#include <stdio.h>

enum err
cli_trust_verify(struct task *t, const struct cli_trust_order *o, struct trust_verdict *out)
{
    struct trust_state *old = task_new(t, struct trust_state);
    struct trust_input *in = task_new(t, struct trust_input);
    if (trust_state_read(t, o->state, old) != E_OK ||
        market_gather(t, o->folder, old, o->id, o->serial, 0, in) != E_OK) {
        out->code = cli_trust_code(t->err);
        return t->err;
    }
    if (trust_verify(t, in, old, clock_unix_ms(), out) != E_OK)
        return t->err;
    if (o->id.n == 0 || (o->bundle && o->bundle[0] == '\0'))
        return E_OK;
    const char *at = o->bundle ? o->bundle : market_bundle(t, o->folder, o->id, out->manifest.serial);
    const char *code = "";
    if (bundle_check(t, at, &out->manifest, &code) != E_OK)
        out->code = code;
    return t->err;
}

const char *
cli_trust_code(enum err e)
{
    return e == E_INVALID || e == E_LIMIT ? "malformed" : "unreadable";
}

int
cli_trust_end(struct task *t, enum err e, const char *code, bool as_json, json_t *more)
{
    if (as_json) {
        json_t *j = more ? more : task_json(t, json_object());
        json_object_set_new(j, "ok", json_boolean(e == E_OK));
        json_object_set_new(j, "code", json_string(code));
        if (e != E_OK)
            json_object_set_new(j, "sentence", json_string(t->cause));
        printf("%.*s\n", SPAN_ARG(json_dump(t, j)));
    }
    if (e != E_OK)
        fprintf(stderr, "refused (%s): %s\n", code, t->cause);
    return e == E_OK ? 0 : 1;
}

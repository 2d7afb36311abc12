/* vault: provider keys at rest and in locked memory. */
#ifndef EGRESS_VAULT_H
#define EGRESS_VAULT_H

#include "base/task.h"

struct vault;

enum { VAULT_NAME_BYTES = 64, VAULT_PLUGIN_BYTES = 32, VAULT_VALUE_BYTES = 4096 };

/* Reads <state>/secrets/master.key, or makes it when there is no secret yet (E_CORRUPT when there is: it was lost).
 * Takes OPENAI_API_KEY, ANTHROPIC_API_KEY and GEMINI_API_KEY out of the environment as secrets of those names. */
enum err vault_open(struct task *t, struct vault **out);
/* Wipes everything. */
void vault_close(struct vault *v);

/* [A-Z][A-Z0-9_]{0,63}; a plugin's own with "plugin:NAMESPACE:NAME:" before it */
bool vault_is_name(struct span name);
/* Stores a secret, in place of an older one. The value is one line of visible ASCII. E_INVALID, E_UNAVAILABLE. */
enum err vault_set(struct task *t, struct vault *v, struct span name, struct span value);
/* A secret's bytes in locked memory, which end with vault_free. A stored one comes before the environment's. E_NOTFOUND
 * with a sentence that says what to do; E_CORRUPT when its file was changed. */
struct vault_value {
    char *p;
    size_t n;
};
enum err vault_get(struct task *t, struct vault *v, struct span name, struct vault_value *out);
/* n bytes of locked memory for what a secret is put into. */
enum err vault_room(struct task *t, size_t n, struct vault_value *out);
void vault_free(struct vault_value *value); /* wipes; zeroes are let through */
/* [{"name","set_ms","from":"store"|"environment"}], with "damaged":true for what can't be opened. */
enum err vault_list(struct task *t, struct vault *v, json_t **out);

#endif

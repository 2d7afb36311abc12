/* trust_priv: between the files of a check. */
#ifndef PLUGIN_TRUST_PRIV_H
#define PLUGIN_TRUST_PRIV_H

#include "plugin/trust.h"

struct trust_check {
    struct task *t;
    const struct trust_input *in;
    const struct trust_state *old;
    int64_t now_ms;
    struct trust_verdict *out; /* its state is the new one, as far as it got */
    struct notes_timestamp timestamp;
    struct note manifest_note;
    const struct notes_plugin *row; /* the version's in the snapshot */
};

/* Refuses: the code, and the sentence unless the task has one already. E_DENIED, or what the task failed with. */
enum err trust_no(struct trust_check *x, const char *code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* At least so many of the keys signed, and none of their signatures is bad. who: "timestamp"; code: why else. */
enum err trust_signed(
    struct trust_check *x, const struct note *note, const struct notes_keys *keys, const char *who, const char *code);
/* It is in time: not over, and it does not say that it lasts longer than such a text may. */
enum err trust_in_time(struct trust_check *x, const char *what, int64_t expires_ms, int64_t most_ms, const char *code);

enum err trust_market(struct trust_check *x);  /* root, timestamp, snapshot, publishers */
enum err trust_log(struct trust_check *x);     /* checkpoint, consistency, and inclusion of a manifest */
enum err trust_version(struct trust_check *x); /* the manifest: listed, vetted, signed, in sequence */
void trust_changes(struct trust_check *x);     /* what holds it back */

#endif

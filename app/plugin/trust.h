/* trust: whether a version of a plugin may be let in: every signature, version, time, hash and proof in the designed
 * order (design 03). Pure: bytes and the old state in, a verdict with the new state out. */
#ifndef PLUGIN_TRUST_H
#define PLUGIN_TRUST_H

#include "plugin/manifest.h"
#include "plugin/notes.h"
#include "plugin/tree.h"

enum { TRUST_ROOTS_MOST = 32, TRUST_BETWEEN_MOST = 64, TRUST_SEEN_MOST = 256 };
#define TRUST_OWNER_HOLD_MS ((int64_t)30 * 24 * 3600 * 1000)

/* What is remembered of one marketplace. All zero but pinned: nothing was verified yet. */
struct trust_state {
    struct note_key pinned; /* what `market add --root` named: signs the first root that is seen */
    struct notes_root root; /* version 0: none yet */
    int64_t publishers_version;
    int64_t snapshot_version, snapshot_expires_ms;
    int64_t timestamp_version, timestamp_expires_ms;
    int64_t size; /* of the log's last checkpoint */
    struct tree_hash head;
    struct trust_seen { /* when a plugin that is installed was first seen to have another owner */
        struct span id, publisher;
        int64_t since_ms;
    } seen[TRUST_SEEN_MOST];
    size_t n_seen;
};
/* As JSON. A new state is {"pinned":"<vkey>"}: trust_state_new. Reading refuses what writing would not write. */
enum err trust_state_new(struct task *t, struct span root_key, struct span *json);
enum err trust_state_read(struct task *t, struct span json, struct trust_state *out);
struct span trust_state_write(struct task *t, const struct trust_state *s);

/* The bytes of everything. An empty manifest: the marketplace's own notes alone are checked (an update). */
struct trust_input {
    struct span root[TRUST_ROOTS_MOST]; /* notes newer than the state's, oldest first; older ones are passed over */
    size_t roots;
    struct span timestamp, snapshot, publishers, checkpoint, consistency;
    struct span manifest, vet, inclusion;
    struct span between[TRUST_BETWEEN_MOST]; /* manifests between what is installed and this, oldest first */
    size_t betweens;
    struct span deployment; /* this deployment's URL: private plugins are bound to it */
    /* Reviewers of the deployment's own, beside the marketplace's; threshold 0: the root's. */
    const struct note_key *reviewer;
    size_t reviewers;
    int64_t vet_threshold;
    /* What is installed of this id; an empty note: nothing. publisher_key: the vkey that had signed it. */
    struct span installed_note, installed_key;
    struct span consent; /* digest (hex) that an admin has consented to, or empty */
};

enum trust_level { TRUST_BUNDLED, TRUST_COMMUNITY, TRUST_PRIVATE };
enum { TRUST_REASONS = MANIFEST_DIFFS + 4 };

struct trust_verdict {
    const char *code; /* "ok", "held-back", or why it was refused: one of trust_codes */
    struct trust_state state;
    struct notes_snapshot snapshot; /* all that is offered, yanked and revoked */
    struct notes_publishers publishers;
    struct manifest manifest; /* when one was given, from here on */
    struct notes_vet vet;
    struct note_key key;             /* the publisher's, that signed */
    struct span reviewer[NOTE_SIGS]; /* names of those who vetted it */
    size_t reviewers;
    int64_t threshold; /* how many had to */
    int64_t leaf;      /* index in the log */
    /* Held back: it is genuine, and a person must look first. */
    struct span reason[TRUST_REASONS];
    size_t reasons;
    int64_t held_until_ms; /* a change of owner: consent does not count before. 0: none */
};

/* E_OK: all holds ("ok", or "held-back" with reasons): save out->state. Else E_DENIED (E_INVALID: an older state that
 * can't be read) with a sentence in the task and its code in out->code; out->state is then as the old one. */
enum err trust_verify(struct task *t, const struct trust_input *in, const struct trust_state *old, int64_t now_ms,
    struct trust_verdict *out);
/* All codes there are, in the order of the checks; NULL at the end. For documentation and tests. */
extern const char *const trust_codes[];

/* What a marketplace's plugins may do at a time: go on, go on without updates (its timestamp is too old), or go on at
 * E0 and E1 alone (its snapshot is). */
enum trust_age { TRUST_FRESH, TRUST_STALE, TRUST_OLD };
enum trust_age trust_age(const struct trust_state *s, int64_t now_ms);

/* The file part that a check has to add to a verdict: bundle.h's bundle_check. */

#endif

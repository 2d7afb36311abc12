/* notes: the signed texts of a marketplace: root, publishers, vet, snapshot, timestamp, checkpoint, proofs. Parsers and
 * writers alone: who signed them is trust.h's business. */
#ifndef PLUGIN_NOTES_H
#define PLUGIN_NOTES_H

#include "plugin/note.h"
#include "plugin/tree.h"

#define NOTES_ROOT_DOMAIN "lyceum/root/v1"
#define NOTES_PUBLISHERS_DOMAIN "lyceum/publishers/v1"
#define NOTES_VET_DOMAIN "lyceum/vet/v1"
#define NOTES_SNAPSHOT_DOMAIN "lyceum/snapshot/v1"
#define NOTES_TIMESTAMP_DOMAIN "lyceum/timestamp/v1"
#define NOTES_INCLUSION_DOMAIN "lyceum/inclusion/v1"
#define NOTES_CONSISTENCY_DOMAIN "lyceum/consistency/v1"
#define NOTES_LEAF_DOMAIN "lyceum/leaf/v1"

/* The largest that is read of each: endless data ends here. */
enum {
    NOTES_ROOT_BYTES = 32 << 10,
    NOTES_PUBLISHERS_BYTES = 1 << 20,
    NOTES_VET_BYTES = 16 << 10,
    NOTES_SNAPSHOT_BYTES = 2 << 20,
    NOTES_TIMESTAMP_BYTES = 4 << 10,
    NOTES_CHECKPOINT_BYTES = 4 << 10,
    NOTES_PROOF_BYTES = 16 << 10,
};
enum { NOTES_KEYS = 16, NOTES_PUBLISHERS = 2048, NOTES_PLUGINS = 8192, NOTES_CHECKS = 32 };
/* Versions count up by one a time; none is anywhere near this. */
#define NOTES_VERSION_MOST ((int64_t)1 << 31)
#define NOTES_HOUR_MS ((int64_t)3600 * 1000)
#define NOTES_DAY_MS (24 * NOTES_HOUR_MS)

enum notes_role { ROLE_ROOT, ROLE_PUBLISHER, ROLE_VET, ROLE_SNAPSHOT, ROLE_TIMESTAMP, ROLE_LOG, ROLES };
const char *notes_role_word(enum notes_role r); /* "root" "publisher" "vet" "snapshot" "timestamp" "log" */
bool notes_role_read(struct span word, enum notes_role *out);

struct notes_root {
    struct span text;
    struct span origin; /* the marketplace's name, in every note of it */
    int64_t version, expires_ms;
    struct notes_keys {
        int64_t threshold;
        struct note_key key[NOTES_KEYS];
        size_t n;
    } role[ROLES];
};
struct notes_publishers {
    struct span text, origin;
    int64_t version, expires_ms;
    struct notes_publisher { /* one row per key: publisher NAMESPACE NAME VKEY */
        struct span namespace, name;
        struct note_key key; /* named name "/" label */
    } * at;                  /* sorted by namespace */
    size_t n;
};
struct notes_vet {
    struct span text, id, level, bound; /* level: community private bundled; bound: URL of a private one's deployment */
    int64_t serial, at_ms, expires_ms;
    unsigned char manifest[32], report[32];
    bool abc[3];
    struct notes_check {
        struct span name, outcome; /* pass fail skipped */
    } check[NOTES_CHECKS];
    size_t checks;
};
enum notes_status { NOTES_OK, NOTES_YANKED, NOTES_REVOKED };
struct notes_snapshot {
    struct span text, origin;
    int64_t version, expires_ms, root;
    unsigned char publishers[32];
    struct notes_plugin { /* plugin ID SERIAL STATUS manifest:sha256:HEX vet:sha256:HEX */
        struct span id;
        int64_t serial;
        enum notes_status status;
        unsigned char manifest[32], vet[32];
    } * at; /* sorted by id, then serial */
    size_t n;
};
struct notes_timestamp {
    struct span text, origin;
    int64_t version, expires_ms, snapshot_version;
    unsigned char snapshot[32], checkpoint[32];
};
struct notes_checkpoint { /* C2SP tlog-checkpoint */
    struct span text, origin;
    int64_t size;
    struct tree_hash root;
};
struct notes_proof {
    int64_t index, size; /* of a consistency: the old size, the new one */
    struct tree_proof path;
};

/* Each takes a note's text. E_INVALID with line and reason, E_LIMIT. Spans are borrowed. */
enum err notes_root_read(struct task *t, struct span text, struct notes_root *out);
enum err notes_publishers_read(struct task *t, struct span text, struct notes_publishers *out);
enum err notes_vet_read(struct task *t, struct span text, struct notes_vet *out);
enum err notes_snapshot_read(struct task *t, struct span text, struct notes_snapshot *out);
enum err notes_timestamp_read(struct task *t, struct span text, struct notes_timestamp *out);
enum err notes_checkpoint_read(struct task *t, struct span text, struct notes_checkpoint *out);
/* Not signed: proofs prove themselves. */
enum err notes_inclusion_read(struct task *t, struct span text, struct notes_proof *out);
enum err notes_consistency_read(struct task *t, struct span text, struct notes_proof *out);

/* The reverse. What is written must read back: a fault in it is E_INVALID. */
enum err notes_root_write(struct task *t, const struct notes_root *in, struct span *out);
enum err notes_publishers_write(struct task *t, const struct notes_publishers *in, struct span *out);
enum err notes_vet_write(struct task *t, const struct notes_vet *in, struct span *out);
enum err notes_snapshot_write(struct task *t, const struct notes_snapshot *in, struct span *out);
enum err notes_timestamp_write(struct task *t, const struct notes_timestamp *in, struct span *out);
enum err notes_checkpoint_write(struct task *t, const struct notes_checkpoint *in, struct span *out);
struct span notes_inclusion_write(struct task *t, const struct notes_proof *in);
struct span notes_consistency_write(struct task *t, const struct notes_proof *in);

const char *notes_status_word(enum notes_status s);
/* The row of a version, or NULL. */
const struct notes_plugin *notes_snapshot_find(const struct notes_snapshot *s, struct span id, int64_t serial);
/* The newest that is ok, or NULL. */
const struct notes_plugin *notes_snapshot_newest(const struct notes_snapshot *s, struct span id);

/* A leaf of the log: what was signed, by its hash: "lyceum/leaf/v1\n<kind> <subject> <number> sha256:<hex>\n". kind:
 * manifest vet revoked yanked publishers root snapshot. */
struct span notes_leaf(
    struct task *t, const char *kind, struct span subject, int64_t number, const unsigned char hash[32]);

#endif

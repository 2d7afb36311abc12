/* change: a script of statements on a copy of a database, within a jailed one-shot child: what it would do, and the
 * same again for good. */
#ifndef EFFECT_CHANGE_H
#define EFFECT_CHANGE_H

#include "effect/import_child.h"
#include "effect/labels.h"

enum { CHANGE_SQL_BYTES = 100000, CHANGE_STATEMENTS = 200, CHANGE_KEY_BYTES = 32, CHANGE_MS = 30000 };

struct change {
    struct span sql;
    int64_t now_ms;                      /* what "now" is */
    unsigned char key[CHANGE_KEY_BYTES]; /* of the digest: without it nobody can guess rows by it */
    const struct labels *labels;
    int ceiling;          /* what lies above it may be neither read nor changed */
    struct span expected; /* digest as hex: commit when the script has exactly this effect; empty: never commit */
    const char *data;     /* scratch: another database to read from, as "data"; or NULL */
    int64_t most_bytes;   /* scratch: of the database */
    int64_t budget_ms;    /* soft, of each run; 0: as much as there is. change_child sets it */
};

/* In the child: folder/change.db is the copy. Runs the script twice, the first time for nothing; digests must be equal.
 * *out: {"digest","inserted","updated","deleted","before","after","ddl","dropped","emptied","logged","tables","schema",
 * "more"}; where it committed, folder/undo.log has the rows ("logged": all of them). A failure that is the script's:
 * {"failed":word,"err","sentence"}, E_OK. */
enum err change_try(struct task *t, const struct change *c, const struct import_job *job, json_t **out);
/* In the child: runs it once and commits; no digest. The same failures; else {}. */
enum err change_scratch(struct task *t, const struct change *c, const struct import_job *job, json_t **out);
/* In the child: takes back the events of folder/undo.log, the last first, on folder/change.db. Any row that is not as
 * the change left it: "conflict", and nothing is written. *out: {"inserted","updated","deleted"}. */
enum err change_undo(struct task *t, const struct import_job *job, json_t **out);

/* In the parent: the same in a jailed child that is killed after CHANGE_MS. A failure of the script fails the task; the
 * fixed word goes to word[0..39]. undo: c is NULL. */
enum change_kind { CHANGE_TRY, CHANGE_SCRATCH, CHANGE_UNDO };
enum err change_child(struct task *t, enum change_kind kind, const struct change *c, const char *folder,
    char word[static 40], json_t **out);

#endif

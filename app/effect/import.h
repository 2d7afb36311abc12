/* import: the import gate: from a file that somebody sent to a follower that we made, and its sidecar. */
#ifndef EFFECT_IMPORT_H
#define EFFECT_IMPORT_H

#include "effect/labels.h"

/* What every limit is: told to the publisher in a sentence. */
enum {
    IMPORT_TABLES = 2000,
    IMPORT_COLUMNS = 500,
    IMPORT_COLUMNS_ALL = 100000,
    IMPORT_VIEWS = 500,
    IMPORT_NAME_BYTES = 512,
};

typedef void import_progress(void *arg, struct span sentence);

struct import_job {
    const char *folder; /* holds "source"; new.db and new.idx are made in it */
    struct span dataset;
    struct span format;          /* "db" "csv" "tsv" "json" "jsonl" */
    struct span table;           /* table's name for text formats, or empty: from the dataset's name */
    const json_t *meta;          /* effect_client.h; may be NULL */
    int64_t limit_bytes;         /* of the source; what we make of it may have four times as much */
    const struct labels *labels; /* what lies above `clearance` is left out, as if it had never been; NULL: nothing */
    int clearance;
    bool may_be_empty; /* a database without tables is no fault */
    const char *also;  /* a file outside of the folder that the child may read, or NULL */
    const char *what;  /* what its child is called in sentences for people; NULL: "import" */
    import_progress *progress;
    void *arg;
};

/* The whole gate: each stage runs in a one-shot jailed child that sees the job's folder alone, and is killed at the
 * task's deadline, or when wake_fd (-1: none) becomes readable (the client left: E_CONFLICT). On E_OK new.db and
 * new.idx are there and synced, and *report is the import report without "sha" and "took_ms". E_INVALID: the file's
 * fault, in a sentence. */
enum err import_run(struct task *t, const struct import_job *job, int wake_fd, json_t **report);

/* The stages, each as its child runs it (tests call them without a jail).
 * 1. Reads the source and copies its tables into new.db. *out: {"report", "views":[{"name","sql"}], "ddl"}. */
enum err import_copy(struct task *t, const struct import_job *job, json_t **out);
/* 2. Which views prepare under the authorizer that later queries run under. `about` is called before each view, because
 * a view can take forever to prepare: then the caller kills this stage and drops the view. *out: [null or reason, ...].
 */
enum err import_views(struct task *t, const json_t *views, struct span ddl, void (*about)(void *arg, size_t view),
    void *arg, json_t **out);
/* 3. Makes the views that are left, statistics and the sidecar, and syncs. */
enum err import_finish(struct task *t, const struct import_job *job, const json_t *views, json_t *report);

#endif

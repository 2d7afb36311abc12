/* label: what is known of a piece of data: level, categories, integrity and where that came from. A lattice: labels
 * only grow by joining. Pure; spans are borrowed, so they must outlive the label. */
#ifndef POLICY_LABEL_H
#define POLICY_LABEL_H

#include "base/json.h"
#include "policy/decide.h"

enum { LABEL_CATEGORIES = 64, LABEL_SOURCES = 16 };

/* A label of zeroes is public, without categories, of integrity 0: the least. */
struct label {
    enum policy_level level;
    bool all; /* every category: of a sink that may have all, or of data with more than LABEL_CATEGORIES */
    size_t n_categories;
    struct span categories[LABEL_CATEGORIES]; /* sorted, none twice; empty when `all` */
    int integrity;                            /* 0..4, higher is worse */
    size_t n_sources;
    struct label_source {
        struct span name;
        int integrity;
    } sources[LABEL_SOURCES]; /* where the integrity came from; worst first when there are more */
};

/* The label of a dataset's rows: it is a category of its own from private on. */
void label_init_dataset(struct span name, enum policy_level level, int integrity, struct label *out);
void label_add_category(struct label *l, struct span name);
/* Something of that integrity is in it: integrity becomes the worse of both. */
void label_add_source(struct label *l, struct span name, int integrity);
/* into = join(into, from). */
void label_join(struct label *into, const struct label *from);

/* `dominates` of decide: the sink's categories cover the data's. Levels are decide's business. */
bool label_covers(const struct label *sink, const struct label *data);
/* Is any part of `now` above `was` (level, categories, integrity)? Approvals end when it is. */
bool label_rose(const struct label *was, const struct label *now);
bool label_has_category(const struct label *l, struct span name);

/* {"level":"private","categories":["hr"],"integrity":4,"from":[{"name":"hr","integrity":4}]}; all categories: ["*"]. */
void label_json_put(struct buf *b, const struct label *l);
/* The categories alone, as a JSON array. */
void label_json_categories(struct buf *b, const struct label *l);
/* Reads what label_json_put wrote; E_INVALID with a sentence on anything else. The spans belong to the task. */
enum err label_json_read(struct task *t, struct span json, struct label *out);

#endif

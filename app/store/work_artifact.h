/* work_artifact: files that plugins made, by the hash of their bytes, each in its conversation. */
#ifndef STORE_WORK_ARTIFACT_H
#define STORE_WORK_ARTIFACT_H

#include "store/work.h"

enum { WORK_ARTIFACT_BYTES = 4 << 20 };

struct work_artifact {
    struct span conversation;
    struct span sha256; /* hex */
    struct span type;   /* image/png image/jpeg image/webp */
    struct span alt, plugin;
    int64_t level;
    struct span bytes;
};
/* Kept once for each conversation; another alternative text of the same bytes is dropped. */
enum err work_artifact_put(struct task *t, struct work *w, const struct work_artifact *a);
/* E_NOTFOUND with a sentence. */
enum err work_artifact_get(
    struct task *t, struct work *w, struct span conversation, struct span sha256, struct work_artifact *out);
/* Bytes of all pictures that the conversation keeps, and that all conversations of this database do. */
enum err work_artifact_used(struct task *t, struct work *w, struct span conversation, int64_t *own, int64_t *all);
/* The conversations that keep it (at most 100): whoever may read one of them may see it. */
enum err work_artifact_where(struct task *t, struct work *w, struct span sha256, struct span **out, size_t *n);

#endif

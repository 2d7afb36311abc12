/* artifact: a picture that a plugin made, as a file of its own. Who may see it was decided before. */
#ifndef PAGES_ARTIFACT_H
#define PAGES_ARTIFACT_H

#include "pages/visit.h"

/* Is that the name of one: 64 hex digits? */
bool artifact_is(struct span sha256);
/* Answers with the bytes that a conversation keeps under the hash. E_NOTFOUND with a sentence. */
enum err artifact_show(struct visit *v, struct work *w, struct span conversation, struct span sha256);

#endif

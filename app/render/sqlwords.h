/* sqlwords: SQLite's keywords. */
#ifndef RENDER_SQLWORDS_H
#define RENDER_SQLWORDS_H

#include "base/span.h"

/* Letter case doesn't matter. */
bool sqlwords_hold(struct span word);

#endif

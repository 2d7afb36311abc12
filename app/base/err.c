/* err: words and statuses of error codes. */
#include "base/err.h"

#include <string.h>

static const struct {
    const char *word;
    int http;
} rows[] = {
    [E_OK] = {"ok", 200},
    [E_INVALID] = {"invalid", 400},
    [E_DENIED] = {"denied", 403},
    [E_UNAUTHENTICATED] = {"unauthenticated", 401},
    [E_NOTFOUND] = {"notfound", 404},
    [E_LIMIT] = {"limit", 413},
    [E_BUDGET] = {"budget", 429},
    [E_DEADLINE] = {"deadline", 504},
    [E_CONFLICT] = {"conflict", 409},
    [E_UNAVAILABLE] = {"unavailable", 503},
    [E_CORRUPT] = {"corrupt", 500},
    [E_INTERNAL] = {"internal", 500},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

const char *
err_word(enum err e)
{
    return (unsigned)e < N_ROWS ? rows[e].word : "internal";
}

enum err
err_from_word(const char *word)
{
    for (unsigned i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].word, word) == 0)
            return (enum err)i;
    return E_INTERNAL;
}

int
err_http(enum err e)
{
    return (unsigned)e < N_ROWS ? rows[e].http : 500;
}

/* err: what a caller can do about a failure, not what went wrong inside. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
    E_OK = 0,
    E_INVALID,         /* the input is malformed: 400 */
    E_DENIED,          /* not allowed: 403 */
    E_UNAUTHENTICATED, /* sign in first: 401 */
    E_NOTFOUND,        /* no such thing, or not for this actor: 404 */
    E_LIMIT,           /* larger or more than is taken: 413 */
    E_BUDGET,          /* used up for now, comes back with time: 429 */
    E_DEADLINE,        /* ran out of time: 504 */
    E_CONFLICT,        /* somebody else was first: 409 */
    E_UNAVAILABLE,     /* a part is down, try again: 503 */
    E_CORRUPT,         /* stored data fails its checks: 500, tell the admin */
    E_INTERNAL,        /* our bug: 500 */
};

/* The stable lower-case word for an error ("invalid", "denied", ...), used in JSON and on the wire. */
const char *err_word(enum err e);
/* The reverse; an unknown word is E_INTERNAL. */
enum err err_from_word(const char *word);
/* HTTP status for an error. */
int err_http(enum err e);

#endif

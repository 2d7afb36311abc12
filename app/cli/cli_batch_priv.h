/* cli_batch_priv: between the command, which reads lines and never opens a database, and the jailed worker. */
#ifndef CLI_CLI_BATCH_PRIV_H
#define CLI_CLI_BATCH_PRIV_H

#include "query/query_client.h"

enum batch_kind { BATCH_HINT, BATCH_LINK, BATCH_CHECK };
enum { BATCH_LINE_BYTES = 1 << 20, BATCH_ANSWER_BYTES = 1 << 20, BATCH_ANSWER_MS = 30000 };

/* A worker of one file. */
struct batch_worker {
    int fd; /* -1: none */
    int pid;
};
enum err batch_worker_start(struct task *t, const char *path, enum batch_kind kind, struct batch_worker *w);
/* The members behind "id" of the answer. E_UNAVAILABLE or E_DEADLINE when the worker has ended or hangs: end it. */
enum err batch_worker_ask(struct task *t, struct batch_worker *w, struct span text, struct buf *answer);
void batch_worker_end(struct batch_worker *w);

/* The members of an answer that tells of a failure. */
void batch_put_failure(struct buf *b, enum batch_kind kind, const char *code, struct span message);
/* {"code":...} of a statement that failed. */
void batch_put_problem(struct buf *b, const struct query_problem *p);

#endif

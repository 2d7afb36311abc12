/* server: gate's IPC workers. */
#ifndef GATE_SERVER_H
#define GATE_SERVER_H

#include "gate/gate.h"
#include "wire/frame.h"

enum { GATE_CALL_MS = 20000 };

/* Answers one request whose peer has that role ("any": single-user mode) into `out`: a frame "ok" or "no". */
void server_answer(struct task *t, struct gate *g, const char *role, const struct frame *request, struct buf *out);
/* Accepts on the listening socket, one request per connection, until prefork_stopping(). The exit status. */
struct prefork_slot;
int server_work(struct gate *g, int listener, struct prefork_slot *slot);

#endif

/* master: takes foreign statements on query-sql.sock and hands each to a child of its own. */
#ifndef QUERY_MASTER_H
#define QUERY_MASTER_H

/* Serves until told to stop (prefork_stopping), then lets what runs end. listener is nonblocking; zygote is the
 * master's end of the zygote's pair. Returns the exit status. */
int master_run(int listener, int zygote);

#endif

/* cli_batch: `lyceum hint|link|check --batch`: JSON lines in, as many JSON lines out, in the same order. */
#ifndef CLI_CLI_BATCH_H
#define CLI_CLI_BATCH_H

#include "base/task.h"

/* {"id","db","sql"} -> {"id","error":{code,message,offset,token,suggestions,columns,hint}|null,"notes":[{code,text}]}.
 * `db` is a path to an SQLite file or a dataset's name. Each file is opened and indexed once. A line that can't be
 * understood, or whose statement ends its process, is answered by an error. "remarks", beside notes where there are
 * any, tell what was done: a double-quoted word read as a text, rows or cells cut. */
int cli_hint(struct task *t, int argc, char **argv);
/* {"id","db","question"} -> {"id","tables":[best first],"values":[{"table","column","value"}...]} */
int cli_link(struct task *t, int argc, char **argv);
/* {"id","db","sql"} -> {"id","rows","notes":[{code,text}]} */
int cli_check(struct task *t, int argc, char **argv);

#endif

/* conf: the deployment's settings: lyceum.conf (libconfig's syntax), LYCEUM_* overrides, documented defaults. */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/task.h"

/* One row per key: name in the file ("limits.query_ms"), kind, default, one sentence. conf_keys() is the whole list;
 * `lyceum conf example` prints it as a settings file. */
enum conf_kind { CONF_TEXT, CONF_INT, CONF_FLAG };
struct conf_key {
    const char *name;
    enum conf_kind kind;
    const char *fallback; /* as text */
    int64_t low, high;    /* CONF_INT bounds */
    const char *about;
};
const struct conf_key *conf_keys(size_t *n);

/* Reads the file named by LYCEUM_CONF, else <LYCEUM_STATE>/lyceum.conf, else defaults. An override's name is the key in
 * capitals with dots as underscores: LYCEUM_LIMITS_QUERY_MS. E_INVALID names the key and what it should be: an unknown
 * key or a value out of range is refused. Values live as long as the process. */
enum err conf_load(struct task *t);
/* Reads one file instead (tests, tools). */
enum err conf_load_file(struct task *t, const char *path);
const char *conf_text(const char *name); /* an unknown name is a bug: must() */
int64_t conf_int(const char *name);
bool conf_flag(const char *name);
/* <state>/<rest> with snprintf into the task; state is conf_text("state"). */
char *conf_path(struct task *t, const char *rest);

#endif

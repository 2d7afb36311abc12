/* conf: settings from a libconfig file and the environment, checked against one table. */
#include "base/conf.h"

#include "base/fsio.h"
#include "base/must.h"

#include <ctype.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Names are stable: people have them in files. */
static const struct conf_key keys[] = {
    {"state", CONF_TEXT, "/var/lib/lyceum", 0, 0, "Folder of all state: databases, followers, keys, sockets."},
    {"deployment.name", CONF_TEXT, "Lyceum", 0, 0, "Name shown in page titles."},
    {"deployment.id", CONF_TEXT, "local", 0, 0, "Short name bound into secrets and approvals; never change it later."},
    {"http.origin", CONF_TEXT, "http://127.0.0.1:8080", 0, 0, "Origin that people type, without a final slash."},
    {"http.approve_origin", CONF_TEXT, "", 0, 0,
        "Origin of the approvals' pages. Empty: http.origin with approve. before its name; approve.localhost on "
        "loopback."},
    {"http.port", CONF_INT, "8080", 1, 65535, "Port of nginx on loopback under deploy/up."},
    {"http.body_bytes", CONF_INT, "1048576", 1024, 1073741824, "Largest request body; nginx's limit follows it."},
    {"web.workers", CONF_INT, "4", 1, 256, "Processes of lyceum-web."},
    {"gate.workers", CONF_INT, "4", 1, 64, "FastCGI processes of lyceum-gate (sign-in pages, viewer checks)."},
    {"query.workers", CONF_INT, "4", 1, 256, "Pool processes of lyceum-query for our own statements."},
    {"query.children", CONF_INT, "4", 1, 256, "Pre-forked one-shot children kept ready for foreign SQL."},
    {"query.concurrency", CONF_INT, "16", 1, 1024,
        "Foreign statements that may run at one time; more wait, then get 503."},
    {"agent.concurrency", CONF_INT, "32", 1, 4096, "Turns that one agent pool runs at one time; more stay queued."},
    {"user.prefix", CONF_TEXT, "lyceum-", 0, 0,
        "Prefix of the system users that processes change to when started as root."},
    {"user.www", CONF_TEXT, "www-data", 0, 0, "Group of nginx, which may connect to the FastCGI sockets."},
    {"jail.require_landlock", CONF_FLAG, "true", 0, 0,
        "Refuse to start where the kernel has no Landlock. false: weaker, and every page says so."},
    {"limits.page_ms", CONF_INT, "1000", 10, 60000, "Deadline of a table page's statements."},
    {"limits.query_ms", CONF_INT, "5000", 10, 600000,
        "Deadline of a statement in View SQL, the agent and the command line."},
    {"limits.rows", CONF_INT, "1000", 1, 100000, "Rows that a foreign statement may return."},
    {"limits.chart_rows", CONF_INT, "5000", 1, 100000, "The same where a chart asks for more."},
    {"limits.result_bytes", CONF_INT, "8388608", 1024, 268435456, "Bytes that a foreign statement may return."},
    {"limits.heap_bytes", CONF_INT, "268435456", 1048576, 4294967296, "SQLite's hard heap limit in a query child."},
    {"limits.import_bytes", CONF_INT, "4294967296", 1024, 1099511627776, "Largest file that may be published."},
    {"limits.import_ms", CONF_INT, "600000", 1000, 86400000, "Deadline of one import."},
    {"limits.turn_steps", CONF_INT, "24", 1, 1000, "Model calls in one turn."},
    {"limits.turn_ms", CONF_INT, "300000", 1000, 86400000, "Time of one turn, waiting for people not counted."},
    {"limits.turn_tokens", CONF_INT, "200000", 100, 100000000, "Tokens (in and out) of one turn."},
    {"limits.anonymous_turns_hour", CONF_INT, "60", 0, 1000000,
        "Turns an hour for one anonymous visitor; 0 turns asking off for them."},
    {"limits.question_bytes", CONF_INT, "16000", 100, 1000000, "Longest question."},
    {"limits.plugin_ms", CONF_INT, "30000", 100, 600000,
        "Time of one call of a plugin's tool, its questions not counted."},
    {"limits.plugin_cpu_ms", CONF_INT, "10000", 100, 600000, "Processor time of one call of a plugin's tool."},
    {"limits.plugin_fetch_bytes", CONF_INT, "5767168", 1024, 5767168,
        "Largest reply to a plugin's own request; it is handed to the plugin in one piece."},
    {"limits.artifact_bytes", CONF_INT, "4194304", 1024, 4194304, "Largest picture that is kept."},
    {"limits.artifacts_conversation_bytes", CONF_INT, "67108864", 0, 1099511627776,
        "Pictures that one conversation keeps, together."},
    {"limits.artifacts_bytes", CONF_INT, "4294967296", 0, 1099511627776,
        "Pictures that all conversations of a mode keep, together."},
    {"session.idle_minutes", CONF_INT, "10080", 5, 20160, "A session ends after so long without use."},
    {"stream.viewers", CONF_INT, "4000", 1, 1000000,
        "Streams that lyceum-stream holds open at one time; each takes a descriptor."},
    {"stream.viewers_session", CONF_INT, "24", 1, 1000000, "Streams of one session or visitor at one time."},
    {"stream.turn_bytes", CONF_INT, "262144", 8192, 67108864,
        "Newest bytes of one turn's log that are held in memory; older ones are read from the database."},
    {"stream.memory_bytes", CONF_INT, "67108864", 65536, 17179869184, "The same for all turns together."},
    {"egress.connect_ms", CONF_INT, "8000", 100, 60000, "Time to connect to a provider."},
    {"egress.first_byte_ms", CONF_INT, "120000", 100, 3600000, "Time until a provider's first byte."},
    {"egress.idle_ms", CONF_INT, "90000", 100, 3600000, "Longest silence within a provider's reply."},
    {"egress.reply_bytes", CONF_INT, "33554432", 1024, 1073741824, "Largest reply of a provider."},
    {"plugin.python3", CONF_TEXT, "/usr/bin/python3", 0, 0, "Interpreter of plugins that are written in Python."},
    {"plugin.node", CONF_TEXT, "/usr/bin/node", 0, 0, "Interpreter of plugins that are written in JavaScript."},
    {"plugin.dev", CONF_FLAG, "false", 0, 0,
        "Unsigned plugins may run (lyceum plugin dev): for a deployment that nobody else uses."},
    {"plugin.processes", CONF_INT, "32", 1, 256, "Plugins' processes at one time; the longest idle one makes room."},
    {"plugin.idle_ms", CONF_INT, "60000", 0, 3600000, "A plugin's process that nobody called for so long is ended."},
    {"plugin.uid_base", CONF_INT, "1990000000", 65536, 2147000000,
        "First of the 65,536 user ids, nobody else's, that plugins' processes run under when started as root."},
    {"test.alias_tools", CONF_FLAG, "false", 0, 0,
        "Tests only: list_tables and sql_query as other names of find_tables and sql."},
    {"test.fetch_loopback", CONF_FLAG, "false", 0, 0,
        "Tests only: fetch_url may fetch from a server on this machine, over http too."},
};
enum { N_KEYS = sizeof keys / sizeof keys[0], ENV_BYTES = 80, CONF_FILE_BYTES = 65536 };

static struct {
    char *text[N_KEYS];
    int64_t number[N_KEYS];
    bool loaded;
} values;

const struct conf_key *
conf_keys(size_t *n)
{
    *n = N_KEYS;
    return keys;
}

static size_t
find(const char *name)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return i;
    return N_KEYS;
}

static bool
flag_of(const char *z, int64_t *out)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(z, yes[i]) == 0)
            return *out = 1, true;
        if (strcmp(z, no[i]) == 0)
            return *out = 0, true;
    }
    return false;
}

static enum err
set(struct task *t, size_t i, const char *z, const char *where)
{
    const struct conf_key *k = &keys[i];
    int64_t v = 0;
    if (k->kind == CONF_INT && (!span_i64(span_of(z), &v) || v < k->low || v > k->high))
        return task_fail(t, E_INVALID, "%s: %s must be a whole number from %lld to %lld, not \"%.80s\".", where,
            k->name, (long long)k->low, (long long)k->high, z);
    if (k->kind == CONF_FLAG && !flag_of(z, &v))
        return task_fail(t, E_INVALID, "%s: %s must be true or false, not \"%.80s\".", where, k->name, z);
    free(values.text[i]);
    values.text[i] = strdup(z);
    must(values.text[i]);
    values.number[i] = v;
    return E_OK;
}

static enum err
set_defaults(struct task *t)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (set(t, i, keys[i].fallback, "default") != E_OK)
            return t->err;
    return E_OK;
}

static enum err
set_scalar(struct task *t, const config_setting_t *o, const char *name, const char *path)
{
    size_t i = find(name);
    if (i == N_KEYS)
        return task_fail(
            t, E_INVALID, "%s: line %u: there is no setting \"%.80s\".", path, config_setting_source_line(o), name);
    switch (config_setting_type(o)) {
    case CONFIG_TYPE_STRING: return set(t, i, config_setting_get_string(o), path);
    case CONFIG_TYPE_BOOL: return set(t, i, config_setting_get_bool(o) ? "true" : "false", path);
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64: return set(t, i, task_printf(t, "%lld", config_setting_get_int64(o)), path);
    default: return task_fail(t, E_INVALID, "%s: %s must be a text, a whole number, or true or false.", path, name);
    }
}

static enum err
walk(struct task *t, const config_setting_t *group, const char *prefix, const char *path)
{
    for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++) {
        const config_setting_t *o = config_setting_get_elem(group, i);
        const char *name = task_printf(t, "%s%s%s", prefix, prefix[0] ? "." : "", config_setting_name(o));
        if (config_setting_is_group(o) ? walk(t, o, name, path) : set_scalar(t, o, name, path))
            return t->err;
    }
    return E_OK;
}

static enum err
read_file(struct task *t, const char *path)
{
    struct span text;
    if (fsio_read(t, path, CONF_FILE_BYTES, &text) != E_OK)
        return t->err;
    config_t c;
    config_init(&c);
    enum err e = E_OK;
    /* A name that is set twice is an error of libconfig's. */
    if (!config_read_string(&c, text.p))
        e = task_fail(t, E_INVALID, "%s: line %d: %s.", path, config_error_line(&c), config_error_text(&c));
    else
        e = walk(t, config_root_setting(&c), "", path);
    config_destroy(&c);
    return e;
}

static enum err
read_environment(struct task *t)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        char name[ENV_BYTES] = "LYCEUM_";
        size_t n = strlen(name);
        for (const char *c = keys[i].name; *c && n + 1 < sizeof name; c++)
            name[n++] = *c == '.' ? '_' : (char)toupper((unsigned char)*c);
        name[n] = '\0';
        const char *z = getenv(name);
        if (z && set(t, i, z, name) != E_OK)
            return t->err;
    }
    return E_OK;
}

enum err
conf_load_file(struct task *t, const char *path)
{
    if (set_defaults(t) != E_OK || (path && read_file(t, path) != E_OK) || read_environment(t) != E_OK)
        return t->err;
    values.loaded = true;
    return E_OK;
}

enum err
conf_load(struct task *t)
{
    const char *named = getenv("LYCEUM_CONF");
    const char *state = getenv("LYCEUM_STATE");
    if (named)
        return conf_load_file(t, named);
    const char *path = task_printf(t, "%s/lyceum.conf", state ? state : keys[0].fallback);
    return conf_load_file(t, access(path, R_OK) == 0 ? path : NULL);
}

static size_t
index_of(const char *name)
{
    size_t i = find(name);
    must(i < N_KEYS && values.loaded);
    return i;
}

const char *
conf_text(const char *name)
{
    return values.text[index_of(name)];
}

int64_t
conf_int(const char *name)
{
    return values.number[index_of(name)];
}

bool
conf_flag(const char *name)
{
    return values.number[index_of(name)] != 0;
}

char *
conf_path(struct task *t, const char *rest)
{
    return task_printf(t, "%s/%s", conf_text("state"), rest);
}

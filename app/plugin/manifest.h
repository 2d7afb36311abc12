/* manifest: what a plugin is, may do and consists of: the text that its publisher signs. Its digest is its name. */
#ifndef PLUGIN_MANIFEST_H
#define PLUGIN_MANIFEST_H

#include "base/task.h"
#include "policy/closure.h"

#define MANIFEST_DOMAIN "lyceum/plugin-manifest/v1"
enum { MANIFEST_BYTES = 64 << 10, MANIFEST_FILES = 512, MANIFEST_TOOLS = 64, MANIFEST_CAPS = 32, MANIFEST_ARGS = 16 };
enum { MANIFEST_SETTINGS = 16, MANIFEST_SECRETS = 8, MANIFEST_PATH_BYTES = 200, MANIFEST_PATH_PARTS = 8 };
enum { MANIFEST_DIGEST_BYTES = 65, MANIFEST_BUNDLE_BYTES = 64 << 20 };

enum manifest_kind { MANIFEST_TOOL, MANIFEST_EXECUTION, MANIFEST_AUTH };
enum manifest_runtime { MANIFEST_PYTHON3, MANIFEST_NODE, MANIFEST_PROCESS, MANIFEST_MCP };

struct manifest_file {
    struct span path;
    int64_t bytes;
    unsigned char hash[32];
};
struct manifest_net { /* cap net GET https://api.acme.example:443 */
    struct span method;
    struct span origin; /* scheme, host and port, as it is written */
    struct span host;
    int64_t port;
    bool https; /* http is for this machine alone: 127.0.0.1 */
};
struct manifest_secret {
    struct span name, host;
};
struct manifest_setting {
    struct span name, type, label; /* type: string integer number boolean; label: for people */
};
/* tool NAME EFFECT file:PATH desc:sha256:HEX schema:sha256:HEX [dry-run] */
struct manifest_tool {
    struct span name;
    enum policy_effect effect; /* E0..E3 */
    struct span file;          /* a file of the bundle: see toolfile.h */
    unsigned char desc[32], schema[32];
    bool dry_run; /* its effects can be shown before they are made */
};

struct manifest {
    struct span text;
    char digest[MANIFEST_DIGEST_BYTES]; /* SHA-256 of text, as hex */
    struct span id, namespace, name, version, title, about, arch;
    struct span publisher; /* "acme.example" of "acme.example/2026a" */
    struct span signer;    /* all of it: the name of the key that signs */
    int64_t serial;
    bool has_prev;
    unsigned char prev[32]; /* digest of the manifest before this one */
    enum manifest_kind kind;
    enum manifest_runtime runtime;
    struct span interpreter; /* of mcp-stdio: "python3", "node" or empty */
    struct span entry;       /* a file of the bundle */
    struct span arg[MANIFEST_ARGS];
    size_t args;
    struct manifest_setting setting[MANIFEST_SETTINGS];
    size_t settings;
    struct manifest_secret secret[MANIFEST_SECRETS];
    size_t secrets;
    struct manifest_file *file; /* sorted by path */
    size_t files;
    int64_t bytes; /* of all files */
    bool reads;    /* cap read.dataset */
    enum policy_level read_level;
    bool artifact, ask, sandbox_exec;
    struct manifest_net net[MANIFEST_CAPS];
    size_t nets;
    size_t caps;
    enum policy_effect effect; /* the worst of its tools' */
    struct manifest_tool *tool;
    size_t tools;
    bool abc[3]; /* takes in what others wrote; reads data above public; E2 or worse */
};

/* The text of a manifest's note. E_INVALID with the line and the reason, E_LIMIT. Spans are borrowed from text. */
enum err manifest_parse(struct task *t, struct span text, struct manifest *out);
const struct manifest_file *manifest_file_find(const struct manifest *m, struct span path);
const struct manifest_tool *manifest_tool_find(const struct manifest *m, struct span name);
/* May such a plugin be installed at all, whoever signed it (design 02)? false: *reason is closure.h's code and the
 * task holds a sentence (E_DENIED). */
bool manifest_may_install(struct task *t, const struct manifest *m, const char **reason);
/* Does it declare this method and origin ("https://host:port")? */
bool manifest_may_fetch(const struct manifest *m, struct span method, struct span origin);
/* A path that a bundle may have: parts of [A-Za-z0-9._-] that begin with none of '.', '-'. NULL, or why not. */
const char *manifest_path_fault(struct span path);
bool manifest_path_is_reserved(struct span path); /* manifest.note and its like */
const char *manifest_kind_word(enum manifest_kind k);
const char *manifest_runtime_word(enum manifest_runtime r);
void manifest_abc_text(const bool abc[3], char out[4]); /* "101" */

/* What `now` can do or says that `was` did not: sentences for the person who consents. 0: nothing that needs one. */
enum { MANIFEST_DIFFS = 128 };
size_t manifest_widened(
    struct task *t, const struct manifest *was, const struct manifest *now, struct span out[MANIFEST_DIFFS]);

#endif

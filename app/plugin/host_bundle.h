/* host_bundle: a bundle in the hands of the service: checked, and copied to where nobody else writes. What was hashed
 * is what runs, whatever becomes of the installed files meanwhile. */
#ifndef PLUGIN_HOST_BUNDLE_H
#define PLUGIN_HOST_BUNDLE_H

#include "plugin/host_jail.h"
#include "plugin/manifest.h"

struct host_tool {
    struct span name;
    json_t *input, *output; /* schemas; output may be NULL */
};
struct host_bundle {
    struct host_bundle *next;
    struct task t; /* its memory */
    struct manifest m;
    struct host_tool *tool;
    size_t tools;
    unsigned may;    /* talk.h: what it may ask of the host */
    size_t users;    /* processes */
    int64_t used_ms; /* monotonic */
};

/* From <plugins>/<digest>, or another folder, to <work>/<digest>. E_NOTFOUND: not installed; E_DENIED: not what its
 * manifest says; E_INVALID: a tool's file is none. The bundle is the caller's: host_bundle_free. */
enum err host_bundle_load(
    struct task *t, const char *folder, const char *work, struct span digest, struct host_bundle **out);
/* Also removes its copy. */
void host_bundle_free(struct host_bundle *b, const char *work);
const struct host_tool *host_bundle_tool(const struct host_bundle *b, struct span name);
/* What its process is started with; the slot is left at 0. E_UNAVAILABLE where the interpreter is not installed. */
enum err host_bundle_order(struct task *t, const struct host_bundle *b, struct host_order *out);

#endif

/* plugin_install: a version is let in: what it is, who vouches for it, and what becomes of it here.
 *
 * The bundle is in <state>/plugins/<digest> already, put there by the command line as root: gate reads and hashes it.
 * From a marketplace (market, id, serial) all of trust.h is checked; without one the bundle's own manifest must be
 * signed by the key that is named, or by the one that signed what is installed; level dev needs no signature and the
 * setting plugin.dev. */
#ifndef GATE_PLUGIN_INSTALL_H
#define GATE_PLUGIN_INSTALL_H

#include "gate/plugin_change.h"
#include "plugin/bundle.h"
#include "plugin/manifest.h"
#include "plugin/note.h"

/* A version that was checked. */
struct plugin_candidate {
    struct manifest manifest;
    struct span note;     /* its bytes */
    struct span level;    /* bundled community private dev */
    struct span market;   /* or empty */
    struct span key;      /* vkey that signed it */
    json_t *reviewers;    /* names */
    json_t *why;          /* sentences that a person must look at first */
    int64_t vet_ms, leaf; /* as auth_plugin_version has them */
    int64_t until_ms;     /* its owner changed: no consent before that. 0: none */
};

/* <state>/plugins/<digest>. */
const char *plugin_folder(struct task *t, struct span digest);
/* What takes time of a version that is to be let in: each byte of its files hashed, its tools' texts read. Before the
 * transaction, while others write. Nothing is believed of it yet, and no failure is one before the version's turn. */
struct plugin_files {
    char digest[MANIFEST_DIGEST_BYTES]; /* empty: it is not known which version that would be */
    struct span tools;                  /* JSON array, as facts have it */
    struct span stamp;                  /* of the folder before it was hashed */
    enum err err;                       /* what is wrong with them, and the sentence */
    struct span cause;
};
void plugin_files_look(struct task *t, struct admin_call *c, struct plugin_files *out);
/* Makes what gate decides by, of a candidate and its files, which nobody touched since. E_DENIED with the reason;
 * E_CONFLICT: they are not what was looked at. */
enum err plugin_facts_make(
    struct task *t, const struct plugin_candidate *k, const struct plugin_files *files, struct span *facts);
/* Not from a marketplace: digest, level and key of in. */
enum err plugin_candidate_own(struct task *t, struct admin_call *c, struct plugin_candidate *out);
/* The manifest that the mirror of in's marketplace holds for it: which version that would be. */
enum err plugin_candidate_peek(struct task *t, struct admin_call *c, struct manifest *out);
/* From the mirror of a marketplace: market, id and serial (0: the newest) of in; the marketplace's new state is saved.
 * In the caller's transaction. */
enum err plugin_candidate_market(struct task *t, struct admin_call *c, struct plugin_candidate *out);

#endif

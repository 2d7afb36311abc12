/* pack: from a project's folder to a bundle whose manifest only lacks its signature. */
#ifndef PLUGIN_PACK_H
#define PLUGIN_PACK_H

#include "plugin/manifest.h"

/* A project is a folder with a file "manifest" and the plugin's files; each file in it (whose name begins with no dot)
 * becomes part of the bundle. "manifest" has the manifest's lines in any order, with comments (#) and empty lines:
 *   id acme/geo                    version 1.4.2          publisher acme.example/2026a
 *   title Geo                      about Finds places.    (both may be left out)
 *   runtime python3 geo.py
 *   setting region string The region to look in           secret GEO_KEY api.acme.example
 *   cap read.dataset public        cap net GET https://api.acme.example:443
 *   tool geocode E3 tools/geocode.json dry-run            (dry-run: only where it has one)
 * and, where they differ from these, kind tool, arch any, serial 1 and prev. Everything else (domain, api, files,
 * sizes, hashes, effect, abc) is worked out. */
struct pack_order {
    const char *project;
    const char *bundle; /* a folder that is not there yet */
    const char *after;  /* the bundle of the version before, or NULL: serial and prev follow from it */
};
/* Checks the project as an installation would (tools' files, schemas, paths, limits, what no plugin may do) and writes
 * the bundle's folder with its unsigned "manifest". */
enum err pack_project(struct task *t, const struct pack_order *o, struct manifest *out);

/* The pure part: the project's text and its files (path, bytes, hash) to a manifest's text. tools: each tool's file. */
struct pack_file {
    struct manifest_file file;
    struct span bytes; /* of tools' files; may be empty for others */
};
struct pack_before {
    int64_t serial; /* 0: nothing before */
    unsigned char digest[32];
};
enum err pack_text(struct task *t, struct span project, const struct pack_file *files, size_t n,
    const struct pack_before *before, struct span *out);

#endif

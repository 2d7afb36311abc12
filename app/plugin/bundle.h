/* bundle: a plugin's folder: exactly the files that its manifest names, each as long and as hashed as it says. */
#ifndef PLUGIN_BUNDLE_H
#define PLUGIN_BUNDLE_H

#include "plugin/manifest.h"

/* Beside its files a bundle's folder holds at most these: manifest.note vet.note vet.report inclusion. */
enum { BUNDLE_REPORT_BYTES = 1 << 20, BUNDLE_DEPTH = 8 };

/* Codes of refusals: "file-count" "file-missing" "file-size" "file-hash" "file-extra" "file-link" "file-kind"
 * "tool-file". The task holds the sentence (E_DENIED). E_UNAVAILABLE: the folder can't be read (*code is "unreadable").
 */

/* Reads <folder>/manifest.note and parses its text; nothing is verified. */
enum err bundle_manifest(struct task *t, const char *folder, struct span *note, struct manifest *out);
/* Checks the whole folder: no link is followed anywhere, nothing beyond the manifest is there, every byte is hashed
 * through the descriptor that was checked, each tool's file says what the manifest's hashes say. */
enum err bundle_check(struct task *t, const char *folder, const struct manifest *m, const char **code);
/* What the folder's files and folders are just now, without reading them: another one after any change. */
enum err bundle_stamp(struct task *t, const char *folder, const struct manifest *m, struct span *out);
/* One file into a sealed memfd, hashed as it was copied: what was checked is what runs. *fd is the caller's. */
enum err bundle_take(struct task *t, const char *folder, const struct manifest_file *f, const char **code, int *fd);
/* The same into memory. */
enum err bundle_read(
    struct task *t, const char *folder, const struct manifest_file *f, const char **code, struct span *out);

/* Copies a bundle to <plugins>/<digest>: under another name first, hashed on the way, synced, then renamed. One that is
 * there already is checked instead. Files become 0444, the entry of a process and folders 0555 with owner's write
 * taken away from nobody but the owner: root's, in a deployment. */
enum err bundle_install(
    struct task *t, const char *folder, const char *plugins, const struct manifest *m, const char **code);

/* Takes an installed bundle away: at once for whoever loads it next. E_NOTFOUND. */
enum err bundle_remove(struct task *t, const char *plugins, struct span digest);

/* Copies a bundle's files and signed texts to a folder that is not there yet (publishing, mirroring). */
enum err bundle_copy(struct task *t, const char *from, const char *to, const struct manifest *m, const char **code);

#endif

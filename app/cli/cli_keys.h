/* cli_keys: signing keys of people, in ~/.config/lyceum/keys: <name>.key (the secret, 0600) and <name>.pub. */
#ifndef CLI_CLI_KEYS_H
#define CLI_CLI_KEYS_H

#include "plugin/note.h"

/* Makes a key. file: its name on disk; name: in signatures ("acme.example/2026a"). E_CONFLICT when it is there. */
enum err cli_key_new(struct task *t, const char *file, const char *name, struct note_secret *out);
/* Reads one by its name on disk, or by a path with a slash in it. E_DENIED when others may read it. */
enum err cli_key_read(struct task *t, const char *file, struct note_secret *out);
/* A public key: as text, or the name on disk of one. */
enum err cli_key_public(struct task *t, const char *text, struct note_key *out);
const char *cli_keys_folder(struct task *t);

#endif

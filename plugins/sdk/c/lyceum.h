/* lyceum: a plugin's side of the protocol, in C with jansson. Copy lyceum.h and lyceum.c into your plugin.
 *
 *   static json_t *greet(struct lyceum *host, const json_t *args, char *error) { ... return lyceum_text("Hello"); }
 *   static const struct lyceum_tool tools[] = {{"greet", greet}, {NULL, NULL}};
 *   int main(void) { return lyceum_run(tools); }
 */
#ifndef LYCEUM_H
#define LYCEUM_H

#include <jansson.h>

enum { LYCEUM_ERROR_BYTES = 300 };

struct lyceum; /* the host, for one call */

/* Returns a new result (lyceum_text, lyceum_result), or NULL with a sentence in error (of LYCEUM_ERROR_BYTES), which is
 * told to whoever asked. args is borrowed. */
typedef json_t *lyceum_tool_fn(struct lyceum *host, const json_t *args, char *error);
struct lyceum_tool {
    const char *name;
    lyceum_tool_fn *run;
};
/* Serves until the host closes the connection; tools end with a NULL name. The program's exit status. */
int lyceum_run(const struct lyceum_tool *tools);

json_t *lyceum_text(const char *words);
/* Steals both; structured may be NULL. blocks is an array of blocks, each an object with "type". */
json_t *lyceum_result(json_t *blocks, json_t *structured);

/* The deployment's settings for this plugin: an object, borrowed. */
const json_t *lyceum_settings(const struct lyceum *host);
/* Asks the host: "host/query" {dataset, sql}, "host/fetch" {method, url, headers?, body?}, "host/artifact.put" {type,
 * bytes_b64, alt}, "host/ask" {question, options}. Steals params. A new value, or NULL with a sentence in error. Only
 * what the manifest declares is answered. */
json_t *lyceum_ask(struct lyceum *host, const char *method, json_t *params, char *error);
void lyceum_progress(struct lyceum *host, const char *words);

#endif

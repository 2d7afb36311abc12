/* toolfile: a tool as its file says it: {"name","description","input_schema","output"?,"title"?}. */
#ifndef PLUGIN_TOOLFILE_H
#define PLUGIN_TOOLFILE_H

#include "base/task.h"

enum { TOOLFILE_BYTES = 64 << 10, TOOLFILE_DESCRIPTION = 400 };

struct toolfile {
    struct span name, description, title;
    json_t *input, *output;   /* schemas that schema.h knows; output may be NULL */
    unsigned char desc[32];   /* SHA-256 of the description */
    unsigned char schema[32]; /* SHA-256 of {"input_schema":..,"output":..} as compact JSON with sorted keys */
};
/* E_INVALID with the reason. Values are the task's. */
enum err toolfile_read(struct task *t, struct span json, struct toolfile *out);

#endif

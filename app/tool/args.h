/* args: the arguments of a tool: one table gives the JSON Schema for models and checks what they send. */
#ifndef TOOL_ARGS_H
#define TOOL_ARGS_H

#include "base/task.h"

enum { TOOL_ARGUMENT_BYTES = 100000 };

enum tool_type {
    ARG_TEXT,    /* low..high bytes */
    ARG_INTEGER, /* low..high */
    ARG_TEXTS,   /* low..high texts */
    ARG_CHOICE,  /* one of `choices` */
    ARG_VALUES,  /* an object of texts, numbers, booleans and nulls: at most `high` */
};

struct tool_param {
    const char *name;
    enum tool_type type;
    bool required;
    int64_t low, high;
    const char *const *choices; /* ended by NULL */
    const char *about;
};

/* The JSON Schema of an object with these members. */
struct span args_schema(struct task *t, const struct tool_param *params, size_t n);
/* Parses and checks what the model wrote ("" means {}). E_INVALID with a sentence for the model: what is wrong with
 * which argument and what it should be. */
enum err args_read(struct task *t, const struct tool_param *params, size_t n, struct span text, json_t **out);
/* The object alone. */
enum err args_read_object(struct task *t, struct span text, json_t **out);

#endif

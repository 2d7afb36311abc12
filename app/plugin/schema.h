/* schema: the part of JSON Schema that tools may use: what can be checked in one pass, in linear time. */
#ifndef PLUGIN_SCHEMA_H
#define PLUGIN_SCHEMA_H

#include "base/task.h"

/* type (a word or a list of words), properties, required, additionalProperties (true, false or a schema), items, enum,
 * const, minimum, maximum, minLength, maxLength, minItems, maxItems, pattern; beside these the annotations title,
 * description, default, examples, $comment and $schema. Anything else ($ref, anyOf, format...) is refused by name.
 * A pattern has characters, ., \d \w \s and their opposites, [classes], and ? * + {m,n} behind one of these, ^ and $ at
 * its ends: no groups, no alternatives, at most 64 steps when spelled out. */
enum { SCHEMA_DEPTH = 16, SCHEMA_BYTES = 64 << 10, SCHEMA_PATTERN_STEPS = 64 };

/* Can this be a tool's schema? For pack time, and again when a bundle is loaded. E_INVALID names the place. */
enum err schema_check(struct task *t, const json_t *schema);
/* Does the value fit? `what` is the value's name in sentences ("arguments"). E_INVALID: "arguments.limit must be at
 * most 1000." A schema that schema_check refuses is a bug of the caller. */
enum err schema_fits(struct task *t, const json_t *schema, const json_t *value, const char *what);

/* The pattern alone: false when it is none of ours. */
bool schema_pattern_ok(struct span pattern);
bool schema_pattern_fits(struct span pattern, struct span text);

#endif

/* schema: checking schemas, and values against them. */
#include "plugin/schema.h"

#include "base/json.h"
#include "base/must.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_BYTES = 200 };

static const struct {
    const char *word;
    json_type type; /* integer: also numbers without a fraction; number: both kinds */
} types[] = {{"object", JSON_OBJECT}, {"array", JSON_ARRAY}, {"string", JSON_STRING}, {"integer", JSON_INTEGER},
    {"number", JSON_REAL}, {"boolean", JSON_TRUE}, {"null", JSON_NULL}};
enum { N_TYPES = sizeof types / sizeof types[0] };

/* Where we are, in words: "arguments.limit". Cut when too long. */
struct place {
    char text[PLACE_BYTES];
};

static struct place
inside(const struct place *p, const char *name)
{
    struct place q;
    snprintf(q.text, sizeof q.text, "%.120s.%.60s", p->text, name);
    return q;
}

static struct place
nth(const struct place *p, size_t i)
{
    struct place q;
    snprintf(q.text, sizeof q.text, "%.120s[%zu]", p->text, i);
    return q;
}

/* Schemas -------------------------------------------------------------------------------------------------------- */

static enum err check(struct task *t, const json_t *s, const struct place *at, int depth);

static enum err
bad(struct task *t, const struct place *at, const char *word, const char *want)
{
    return task_fail(t, E_INVALID, "%s: %.40s must be %s.", at->text, word, want);
}

static bool
is_type_word(const json_t *v)
{
    for (size_t i = 0; json_is_string(v) && i < N_TYPES; i++)
        if (strcmp(json_string_value(v), types[i].word) == 0)
            return true;
    return false;
}

static bool
type_ok(const json_t *v)
{
    size_t i;
    json_t *word;
    if (!json_is_array(v))
        return is_type_word(v);
    json_array_foreach(v, i, word) if (!is_type_word(word)) return false;
    return json_array_size(v) > 0 && json_array_size(v) <= N_TYPES;
}

static enum err
check_type(struct task *t, const json_t *v, const struct place *at, int depth)
{
    (void)depth;
    return type_ok(v) ? E_OK : bad(t, at, "type", "a type's name or a list of them");
}

static enum err
check_properties(struct task *t, const json_t *v, const struct place *at, int depth)
{
    const char *name;
    json_t *s;
    if (!json_is_object(v))
        return bad(t, at, "properties", "an object of schemas");
    json_object_foreach((json_t *)(uintptr_t)v, name, s)
    {
        struct place below = inside(at, name);
        if (check(t, s, &below, depth + 1) != E_OK)
            return t->err;
    }
    return E_OK;
}

static enum err
check_required(struct task *t, const json_t *v, const struct place *at, int depth)
{
    size_t i;
    json_t *name;
    (void)depth;
    json_array_foreach(v, i, name) if (!json_is_string(name)) return bad(t, at, "required", "a list of names");
    return json_is_array(v) ? E_OK : bad(t, at, "required", "a list of names");
}

static enum err
check_additional(struct task *t, const json_t *v, const struct place *at, int depth)
{
    struct place below = inside(at, "*");
    return json_is_boolean(v) ? E_OK : check(t, v, &below, depth + 1);
}

static enum err
check_items(struct task *t, const json_t *v, const struct place *at, int depth)
{
    struct place below = nth(at, 0);
    return check(t, v, &below, depth + 1);
}

static enum err
check_enum(struct task *t, const json_t *v, const struct place *at, int depth)
{
    (void)depth;
    return json_is_array(v) && json_array_size(v) > 0 ? E_OK : bad(t, at, "enum", "a list of values");
}

static enum err
check_number(struct task *t, const json_t *v, const struct place *at, int depth)
{
    (void)depth;
    return json_is_number(v) ? E_OK : bad(t, at, "a bound", "a number");
}

static enum err
check_count(struct task *t, const json_t *v, const struct place *at, int depth)
{
    (void)depth;
    return json_is_integer(v) && json_integer_value(v) >= 0 ? E_OK : bad(t, at, "a length", "a number from 0 on");
}

static enum err
check_pattern(struct task *t, const json_t *v, const struct place *at, int depth)
{
    (void)depth;
    struct span p = {json_string_value(v), json_string_length(v)};
    if (json_is_string(v) && schema_pattern_ok(p))
        return E_OK;
    return bad(t, at, "pattern", "one without groups, alternatives and back-references, of at most 64 steps");
}

static enum err
check_anything(struct task *t, const json_t *v, const struct place *at, int depth)
{
    (void)t;
    (void)v;
    (void)at;
    (void)depth;
    return E_OK;
}

static const struct {
    const char *word;
    enum err (*check)(struct task *t, const json_t *v, const struct place *at, int depth);
} keywords[] = {
    {"type", check_type},
    {"properties", check_properties},
    {"required", check_required},
    {"additionalProperties", check_additional},
    {"items", check_items},
    {"enum", check_enum},
    {"const", check_anything},
    {"minimum", check_number},
    {"maximum", check_number},
    {"minLength", check_count},
    {"maxLength", check_count},
    {"minItems", check_count},
    {"maxItems", check_count},
    {"pattern", check_pattern},
    {"title", check_anything},
    {"description", check_anything},
    {"default", check_anything},
    {"examples", check_anything},
    {"$comment", check_anything},
    {"$schema", check_anything},
};
enum { N_KEYWORDS = sizeof keywords / sizeof keywords[0] };

static enum err
check_keyword(struct task *t, const char *word, const json_t *v, const struct place *at, int depth)
{
    for (size_t i = 0; i < N_KEYWORDS; i++)
        if (strcmp(word, keywords[i].word) == 0)
            return keywords[i].check(t, v, at, depth);
    return task_fail(
        t, E_INVALID, "%s: the keyword %.40s is not among those that a tool's schema may use.", at->text, word);
}

static enum err
check(struct task *t, const json_t *s, const struct place *at, int depth)
{
    const char *word;
    json_t *v;
    if (depth > SCHEMA_DEPTH)
        return task_fail(t, E_INVALID, "%s: a schema may be nested %d deep.", at->text, SCHEMA_DEPTH);
    if (!json_is_object(s))
        return task_fail(t, E_INVALID, "%s: a schema is a JSON object.", at->text);
    json_object_foreach(
        (json_t *)(uintptr_t)s, word, v) if (check_keyword(t, word, v, at, depth) != E_OK) return t->err;
    return E_OK;
}

enum err
schema_check(struct task *t, const json_t *schema)
{
    struct place at = {"schema"};
    return check(t, schema, &at, 0);
}

/* Values --------------------------------------------------------------------------------------------------------- */

static enum err fits(struct task *t, const json_t *s, const json_t *v, const struct place *at);

static bool
is_of(const json_t *v, const char *word)
{
    if (strcmp(word, "number") == 0)
        return json_is_number(v);
    if (strcmp(word, "boolean") == 0)
        return json_is_boolean(v);
    if (strcmp(word, "integer") == 0)
        return json_is_integer(v) || (json_is_real(v) && floor(json_real_value(v)) == json_real_value(v));
    for (size_t i = 0; i < N_TYPES; i++)
        if (strcmp(word, types[i].word) == 0)
            return json_typeof(v) == types[i].type;
    return false;
}

static enum err
fits_type(struct task *t, const json_t *type, const json_t *v, const struct place *at)
{
    size_t i;
    json_t *word;
    if (!type)
        return E_OK;
    if (json_is_string(type) && is_of(v, json_string_value(type)))
        return E_OK;
    json_array_foreach(type, i, word) if (is_of(v, json_string_value(word))) return E_OK;
    if (json_is_string(type))
        return task_fail(t, E_INVALID, "%s must be of type %s.", at->text, json_string_value(type));
    return task_fail(t, E_INVALID, "%s is of a type that it may not have.", at->text);
}

static enum err
fits_enum(struct task *t, const json_t *s, const json_t *v, const struct place *at)
{
    size_t i;
    json_t *one;
    const json_t *only = json_object_get(s, "const"), *list = json_object_get(s, "enum");
    if (only && !json_equal(only, v))
        return task_fail(t, E_INVALID, "%s is not the one value that it may be.", at->text);
    json_array_foreach(list, i, one) if (json_equal(one, v)) return E_OK;
    return list ? task_fail(t, E_INVALID, "%s is not one of the values that it may be.", at->text) : E_OK;
}

static enum err
fits_number(struct task *t, const json_t *s, const json_t *v, const struct place *at)
{
    const json_t *low = json_object_get(s, "minimum"), *high = json_object_get(s, "maximum");
    double x = json_number_value(v);
    if (low && x < json_number_value(low))
        return task_fail(t, E_INVALID, "%s must be at least %.15g.", at->text, json_number_value(low));
    if (high && x > json_number_value(high))
        return task_fail(t, E_INVALID, "%s must be at most %.15g.", at->text, json_number_value(high));
    return E_OK;
}

static enum err
fits_count(struct task *t, const json_t *s, const char *least, const char *most, size_t n, const struct place *at)
{
    const json_t *low = json_object_get(s, least), *high = json_object_get(s, most);
    if (low && (json_int_t)n < json_integer_value(low))
        return task_fail(t, E_INVALID, "%s is too short: %zu of at least %lld.", at->text, n, json_integer_value(low));
    if (high && (json_int_t)n > json_integer_value(high))
        return task_fail(t, E_INVALID, "%s is too long: %zu of at most %lld.", at->text, n, json_integer_value(high));
    return E_OK;
}

static size_t
characters(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

static enum err
fits_text(struct task *t, const json_t *s, const json_t *v, const struct place *at)
{
    struct span text = {json_string_value(v), json_string_length(v)}, pattern = json_text(s, "pattern");
    if (fits_count(t, s, "minLength", "maxLength", characters(text), at) != E_OK)
        return t->err;
    if (json_object_get(s, "pattern") && !schema_pattern_fits(pattern, text))
        return task_fail(t, E_INVALID, "%s is not written as the tool wants it.", at->text);
    return E_OK;
}

static enum err
fits_list(struct task *t, const json_t *s, const json_t *v, const struct place *at)
{
    const json_t *items = json_object_get(s, "items");
    if (fits_count(t, s, "minItems", "maxItems", json_array_size(v), at) != E_OK)
        return t->err;
    for (size_t i = 0; items && i < json_array_size(v); i++) {
        struct place below = nth(at, i);
        if (fits(t, items, json_array_get(v, i), &below) != E_OK)
            return t->err;
    }
    return E_OK;
}

static enum err
fits_object(struct task *t, const json_t *s, const json_t *v, const struct place *at)
{
    size_t i;
    const char *name;
    json_t *one;
    const json_t *known = json_object_get(s, "properties"), *others = json_object_get(s, "additionalProperties");
    json_array_foreach(
        json_object_get(s, "required"), i, one) if (!json_object_get(v, json_string_value(one))) return task_fail(t,
        E_INVALID, "%s.%.60s is missing.", at->text, json_string_value(one));
    json_object_foreach((json_t *)(uintptr_t)v, name, one)
    {
        struct place below = inside(at, name);
        const json_t *of = json_object_get(known, name);
        if (!of && json_is_false(others))
            return task_fail(t, E_INVALID, "%s is not something that the tool knows.", below.text);
        of = of ? of : json_is_object(others) ? others : NULL;
        if (of && fits(t, of, one, &below) != E_OK)
            return t->err;
    }
    return E_OK;
}

static enum err
fits(struct task *t, const json_t *s, const json_t *v, const struct place *at)
{
    if (fits_type(t, json_object_get(s, "type"), v, at) != E_OK || fits_enum(t, s, v, at) != E_OK)
        return t->err;
    switch (json_typeof(v)) {
    case JSON_OBJECT: return fits_object(t, s, v, at);
    case JSON_ARRAY: return fits_list(t, s, v, at);
    case JSON_STRING: return fits_text(t, s, v, at);
    case JSON_INTEGER:
    case JSON_REAL: return fits_number(t, s, v, at);
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL: return E_OK;
    }
    return E_OK;
}

enum err
schema_fits(struct task *t, const json_t *schema, const json_t *value, const char *what)
{
    struct place at;
    must(strlen(what) < sizeof at.text);
    snprintf(at.text, sizeof at.text, "%s", what);
    return fits(t, schema, value, &at);
}

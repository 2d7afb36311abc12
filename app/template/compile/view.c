/* view: the parser of .view files, a line-oriented notation. */
#include "template/compile/view.h"

#include <ctype.h>

/* The words of a line, its comment cut off. */
struct line {
    struct span word[4];
    size_t words;
    struct span note;
    struct place at;
};

static const char *const KINDS[] = {"text", "num", "flag", "html", "one", "maybe", "list"};
enum { KINDS_COUNT = sizeof KINDS / sizeof *KINDS };

static const char *const C_WORDS[] = {"auto", "break", "case", "char", "const", "continue", "default", "do", "double",
    "else", "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return",
    "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile",
    "while", "bool", "true", "false", "unix", "linux"};

static bool
name_is_good(struct span s)
{
    if (s.n == 0 || s.n > 40 || !islower((unsigned char)s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!islower((unsigned char)s.p[i]) && !isdigit((unsigned char)s.p[i]) && s.p[i] != '_')
            return false;
    }
    return true;
}

/* A field called "default" is default_ in C. */
static struct span
c_name(struct compile *c, struct span name)
{
    for (size_t i = 0; i < sizeof C_WORDS / sizeof *C_WORDS; i++) {
        if (span_is(name, C_WORDS[i]))
            return task_format(c->t, "%s_", C_WORDS[i]);
    }
    return name;
}

static bool
kind_named(struct span word, enum field_kind *out)
{
    for (int i = 0; i < KINDS_COUNT; i++) {
        if (span_is(word, KINDS[i])) {
            *out = (enum field_kind)i;
            return true;
        }
    }
    return false;
}

/* Cuts one line into words. False at the end of the text. */
static bool
line_read(struct span *rest, struct line *out)
{
    struct span all;
    if (!span_cut(rest, '\n', &all))
        return false;
    out->at.line++;
    out->words = 0;
    out->note = SPAN_NONE;
    ptrdiff_t hash = span_find(all, SPAN("#"));
    if (hash >= 0) {
        out->note = span_trim(span_from(all, (size_t)hash + 1));
        all = span_first(all, (size_t)hash);
    }
    size_t i = 0;
    while (i < all.n && out->words < 4) {
        size_t from = i;
        while (i < all.n && !isspace((unsigned char)all.p[i]))
            i++;
        if (i > from)
            out->word[out->words++] = (struct span){all.p + from, i - from};
        else
            i++;
    }
    return true;
}

const struct view_field *
view_field_named(const struct view_struct *s, struct span name)
{
    for (const struct view_field *f = s->fields; f; f = f->next) {
        if (span_eq(f->name, name))
            return f;
    }
    return NULL;
}

static const struct view_struct *
struct_named(const struct compile *c, struct span name)
{
    for (const struct view_struct *s = c->structs; s; s = s->next) {
        if (span_eq(s->name, name))
            return s;
    }
    return NULL;
}

static void
field_parse(struct compile *c, struct view_struct *s, const struct line *l)
{
    enum field_kind kind;
    if (!kind_named(l->word[0], &kind)) {
        complain(c, &l->at, "\"%.*s\" is no kind of field: write text, num, flag, html, one, maybe or list.",
            SPAN_ARG(l->word[0]));
        return;
    }
    bool has_type = kind >= FIELD_ONE;
    if (l->words != (has_type ? 3 : 2)) {
        complain(c, &l->at, "A line here is \"%s %sNAME\".", KINDS[kind], has_type ? "STRUCT " : "");
        return;
    }
    struct view_field f = {.kind = kind, .item = FIELD_ONE, .name = l->word[l->words - 1], .note = l->note};
    f.c_name = c_name(c, f.name);
    f.line = l->at.line;
    if (!name_is_good(f.name) || view_field_named(s, f.name)) {
        complain(c, &l->at, "\"%.*s\" can't be a field: names are lower_case and used once.", SPAN_ARG(f.name));
        return;
    }
    if (has_type) {
        enum field_kind item;
        f.type_name = l->word[1];
        bool plain = kind == FIELD_LIST && kind_named(f.type_name, &item) && item < FIELD_ONE && item != FIELD_FLAG;
        if (plain) {
            f.item = item;
            f.type_name = SPAN_NONE;
        }
    }
    struct view_field **end = &s->fields;
    while (*end)
        end = &(*end)->next;
    *end = task_new(c->t, struct view_field);
    **end = f;
}

/* "struct NAME" or "view" begins a block. */
static struct view_struct *
block_begin(struct compile *c, const struct source *src, const struct line *l)
{
    bool is_view = l->words == 1 && span_is(l->word[0], "view");
    if (!is_view && !(l->words == 2 && span_is(l->word[0], "struct") && name_is_good(l->word[1]))) {
        complain(c, &l->at, "Unindented lines are \"view\" or \"struct NAME\"; fields are indented below them.");
        return NULL;
    }
    struct view_struct *s = task_new(c->t, struct view_struct);
    *s = (struct view_struct){.is_view = is_view, .path = src->path, .line = l->at.line, .note = l->note};
    s->shown = is_view ? src->name : l->word[1];
    char *name = task_z(c->t, s->shown);
    for (char *p = name; *p; p++) {
        if (is_view && (*p == '/' || *p == '-'))
            *p = '_';
    }
    s->name = span_of(name);
    const struct view_struct *old = struct_named(c, s->name);
    if (old)
        complain(c, &l->at, "There is a struct or view of that name at %.*s:%d.", SPAN_ARG(old->path), old->line);
    struct view_struct **end = &c->structs;
    while (*end)
        end = &(*end)->next;
    *end = s;
    return s;
}

static void
source_parse(struct compile *c, const struct source *src)
{
    struct span rest = src->text;
    struct line l = {.at.path = src->path};
    struct view_struct *s = NULL;
    while (rest.n > 0) {
        bool indented = rest.p[0] == ' ' || rest.p[0] == '\t';
        if (!line_read(&rest, &l))
            break;
        if (l.words == 0)
            continue;
        if (!indented)
            s = block_begin(c, src, &l);
        else if (s)
            field_parse(c, s, &l);
    }
}

void
view_parse_all(struct compile *c)
{
    for (size_t i = 0; i < c->source_count; i++) {
        if (c->sources[i].is_view)
            source_parse(c, &c->sources[i]);
    }
    for (struct view_struct *s = c->structs; s; s = s->next) {
        struct place at = {.path = s->path, .line = s->line};
        if (!s->fields)
            complain(c, &at, "\"%.*s\" has no field.", SPAN_ARG(s->shown));
        for (struct view_field *f = s->fields; f; f = f->next) {
            if (!f->type_name.n)
                continue;
            at.line = f->line;
            f->type = struct_named(c, f->type_name);
            if (!f->type || f->type->is_view)
                complain(c, &at, "There is no struct \"%.*s\".", SPAN_ARG(f->type_name));
        }
    }
}

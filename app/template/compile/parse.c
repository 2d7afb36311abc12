/* parse: delimiters, sections and lines that hold nothing but a tag. */
#include "template/compile/parse.h"

#include <ctype.h>
#include <string.h>

enum { MAX_NESTING = 40 };

struct parser {
    struct compile *c;
    struct place at;
    struct span text;
    size_t pos;
    size_t line_pos; /* up to where at.line was counted */
    struct span open, close;
    struct node *section[MAX_NESTING];
    struct node **end[MAX_NESTING + 1]; /* where the next node goes, per nesting */
    size_t depth;
    bool failed;
};

/* One tag as it stands in the text. */
struct tag {
    char sigil; /* one of # ^ / > ! = { & or 0 */
    struct span name;
    size_t from, to; /* with its delimiters */
};

static void
parser_count_lines(struct parser *p, size_t upto)
{
    for (; p->line_pos < upto; p->line_pos++)
        p->at.line += p->text.p[p->line_pos] == '\n';
}

static struct node *
node_add(struct parser *p, enum node_kind kind, struct span text)
{
    struct node *n = task_new(p->c->t, struct node);
    *n = (struct node){.kind = kind, .text = text, .line = p->at.line};
    *p->end[p->depth] = n;
    p->end[p->depth] = &n->next;
    return n;
}

static bool
is_blank(char ch)
{
    return ch == ' ' || ch == '\t';
}

/* When the tag is alone on its line, gives where that line begins and where the next one does. */
static bool
tag_stands_alone(const struct parser *p, const struct tag *tag, size_t *from, size_t *to)
{
    if (!tag->sigil || !strchr("#^/>!=", tag->sigil))
        return false;
    size_t a = tag->from;
    while (a > 0 && is_blank(p->text.p[a - 1]))
        a--;
    size_t b = tag->to;
    while (b < p->text.n && is_blank(p->text.p[b]))
        b++;
    if (b < p->text.n && p->text.p[b] == '\r' && b + 1 < p->text.n && p->text.p[b + 1] == '\n')
        b++;
    if ((a > 0 && p->text.p[a - 1] != '\n') || (b < p->text.n && p->text.p[b] != '\n'))
        return false;
    *from = a;
    *to = b < p->text.n ? b + 1 : b;
    return true;
}

static bool
parser_fail(struct parser *p, const char *why)
{
    complain(p->c, &p->at, "%s", why);
    p->failed = true;
    return false;
}

/* Dotted lower-case names, ".", and for partials a path. */
static bool
name_is_good(struct span s, bool partial)
{
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (!isalnum(ch) && ch != '_' && ch != (partial ? '/' : '.') && !(partial && ch == '-'))
            return false;
    }
    return true;
}

/* Reads the tag whose delimiter stands at `from`. */
static bool
tag_read(struct parser *p, size_t from, struct tag *out)
{
    size_t at = from + p->open.n;
    char sigil = at < p->text.n ? p->text.p[at] : '\0';
    *out = (struct tag){.from = from};
    if (sigil && strchr("#^/>!={&", sigil)) {
        out->sigil = sigil;
        at++;
    }
    const char *last = sigil == '{' ? "}" : sigil == '=' ? "=" : "";
    struct span close = task_format(p->c->t, "%s%.*s", last, SPAN_ARG(p->close));
    ptrdiff_t len = span_find(span_from(p->text, at), close);
    if (len < 0)
        return parser_fail(p, "This tag is never closed.");
    out->name = span_trim((struct span){p->text.p + at, (size_t)len});
    out->to = at + (size_t)len + close.n;
    if (out->sigil != '!' && out->sigil != '=' && !name_is_good(out->name, out->sigil == '>')) {
        complain(p->c, &p->at, "\"%.*s\" is no name.", SPAN_ARG(out->name));
        p->failed = true;
    }
    return true;
}

static void
section_begin(struct parser *p, const struct tag *tag)
{
    if (p->depth == MAX_NESTING) {
        parser_fail(p, "Sections are nested too deeply.");
        return;
    }
    struct node *n = node_add(p, tag->sigil == '#' ? NODE_SECTION : NODE_INVERTED, tag->name);
    p->section[p->depth++] = n;
    p->end[p->depth] = &n->child;
}

static void
section_end(struct parser *p, const struct tag *tag)
{
    if (p->depth > 0 && span_eq(p->section[p->depth - 1]->text, tag->name)) {
        p->depth--;
        return;
    }
    if (p->depth > 0)
        complain(p->c, &p->at, "{{/%.*s}} closes nothing: {{#%.*s}} of line %d is open.", SPAN_ARG(tag->name),
            SPAN_ARG(p->section[p->depth - 1]->text), p->section[p->depth - 1]->line);
    else
        complain(p->c, &p->at, "{{/%.*s}} closes nothing.", SPAN_ARG(tag->name));
    p->failed = true;
}

static void
delimiters_set(struct parser *p, struct span both)
{
    size_t cut = 0;
    while (cut < both.n && !isspace((unsigned char)both.p[cut]))
        cut++;
    struct span close = span_trim(span_from(both, cut));
    if (cut == 0 || close.n == 0 || span_has(close, ' ') || span_has(both, '=')) {
        parser_fail(p, "New delimiters are written {{=<% %>=}}.");
        return;
    }
    p->open = span_first(both, cut);
    p->close = close;
}

static void
tag_take(struct parser *p, const struct tag *tag, struct span indent)
{
    switch (tag->sigil) {
    case '!': return;
    case '=': delimiters_set(p, tag->name); return;
    case '#':
    case '^': section_begin(p, tag); return;
    case '/': section_end(p, tag); return;
    case '>': node_add(p, NODE_PARTIAL, tag->name)->indent = indent; return;
    case '{':
    case '&': node_add(p, NODE_RAW, tag->name); return;
    default: node_add(p, NODE_VALUE, tag->name); return;
    }
}

/* The static text up to the next tag, and that tag. False at the end of the text. */
static bool
parser_step(struct parser *p)
{
    struct span rest = span_from(p->text, p->pos);
    ptrdiff_t here = span_find(rest, p->open);
    size_t from = here < 0 ? p->text.n : p->pos + (size_t)here;
    struct tag tag;
    parser_count_lines(p, from);
    bool more = here >= 0 && tag_read(p, from, &tag);
    size_t to = more ? tag.to : p->text.n;
    size_t line_from = from;
    bool alone = more && tag_stands_alone(p, &tag, &line_from, &to);
    size_t text_end = alone ? line_from : from;
    if (text_end > p->pos)
        node_add(p, NODE_STATIC, (struct span){p->text.p + p->pos, text_end - p->pos});
    if (more)
        tag_take(p, &tag, alone ? (struct span){p->text.p + line_from, from - line_from} : SPAN_NONE);
    p->pos = to;
    return more && !p->failed;
}

struct node *
parse_template(struct compile *c, struct place at, struct span text)
{
    struct node *first = NULL;
    struct parser p = {.c = c, .at = at, .text = text, .open = SPAN("{{"), .close = SPAN("}}")};
    p.at.line = 1;
    p.end[0] = &first;
    while (parser_step(&p)) {
    }
    if (p.depth > 0 && !p.failed) {
        p.at.line = p.section[p.depth - 1]->line;
        complain(c, &p.at, "{{#%.*s}} is never closed.", SPAN_ARG(p.section[p.depth - 1]->text));
        p.failed = true;
    }
    return p.failed ? NULL : first;
}

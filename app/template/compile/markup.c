/* markup: a small HTML tokenizer; it knows what our own templates may hold and nothing more. */
#include "template/compile/markup.h"

#include <ctype.h>
#include <string.h>

static const char *const URL_ATTRS[] = {"href", "src", "action", "formaction", "poster", "cite", "data", "srcset"};

static bool
attr_is_url(const struct markup *m)
{
    for (size_t i = 0; i < sizeof URL_ATTRS / sizeof *URL_ATTRS; i++) {
        if (strcmp(m->attr, URL_ATTRS[i]) == 0)
            return true;
    }
    return false;
}

static bool
tag_is_raw(const struct markup *m)
{
    return strcmp(m->tag, "script") == 0 || strcmp(m->tag, "style") == 0;
}

static void
name_add(char name[16], char ch)
{
    size_t n = strlen(name);
    if (n < 15) {
        name[n] = (char)tolower((unsigned char)ch);
        name[n + 1] = '\0';
    }
}

static const char *
attr_refused(const struct markup *m)
{
    if (strncmp(m->attr, "on", 2) == 0 || strcmp(m->attr, "style") == 0 || strcmp(m->attr, "srcdoc") == 0)
        return "Inline handlers, styles and documents don't work under our Content-Security-Policy; use a class.";
    return NULL;
}

static void
tag_end(struct markup *m)
{
    m->where = tag_is_raw(m) && !m->closing ? MARKUP_RAW : MARKUP_TEXT;
    m->attr[0] = '\0';
}

static const char INLINE_SCRIPT[] =
    "An inline script doesn't work under our Content-Security-Policy; write a module in static/js.";

static const char *
step_text(struct markup *m, char ch)
{
    if (ch == '<')
        m->where = MARKUP_LESS;
    return NULL;
}

static const char *
step_less(struct markup *m, char ch)
{
    if (tag_is_raw(m) && !m->closing && ch != '/')
        return INLINE_SCRIPT;
    m->closing = ch == '/';
    m->tag[0] = '\0';
    m->tail = 0;
    if (ch == '!')
        m->where = MARKUP_COMMENT;
    else if (ch == '/' || isalpha((unsigned char)ch))
        m->where = MARKUP_TAG_NAME;
    else
        m->where = MARKUP_TEXT;
    if (isalpha((unsigned char)ch))
        name_add(m->tag, ch);
    return NULL;
}

static const char *
step_tag_name(struct markup *m, char ch)
{
    if (ch == '>')
        tag_end(m);
    else if (isspace((unsigned char)ch) || ch == '/')
        m->where = MARKUP_TAG;
    else
        name_add(m->tag, ch);
    if (strcmp(m->tag, "style") == 0)
        return "A style element doesn't work under our Content-Security-Policy; write to static/css.";
    return NULL;
}

static const char *
step_tag(struct markup *m, char ch)
{
    if (ch == '>') {
        tag_end(m);
    } else if (isspace((unsigned char)ch) || ch == '/') {
        m->where = MARKUP_TAG;
    } else {
        m->attr[0] = '\0';
        name_add(m->attr, ch);
        m->where = MARKUP_ATTR_NAME;
    }
    return NULL;
}

static const char *
step_gap(struct markup *m, char ch)
{
    if (ch != '>' && ch != '/' && !isspace((unsigned char)ch))
        return "Leave a space behind a section that writes attributes.";
    return step_tag(m, ch);
}

static const char *
step_attr_name(struct markup *m, char ch)
{
    if (ch == '=') {
        m->where = MARKUP_EQUALS;
        return attr_refused(m);
    }
    if (ch == '>')
        tag_end(m);
    else if (isspace((unsigned char)ch))
        m->where = MARKUP_TAG;
    else
        name_add(m->attr, ch);
    return NULL;
}

static const char *
step_equals(struct markup *m, char ch)
{
    m->begun = MARKUP_EMPTY;
    m->quote = ch;
    m->where = ch == '"' || ch == '\'' ? MARKUP_VALUE : MARKUP_BARE;
    return NULL;
}

static const char *
step_value(struct markup *m, char ch)
{
    m->begun = MARKUP_BEGUN;
    if (ch == m->quote)
        m->where = MARKUP_TAG;
    return NULL;
}

static const char *
step_bare(struct markup *m, char ch)
{
    if (ch == '>')
        tag_end(m);
    else if (isspace((unsigned char)ch))
        m->where = MARKUP_TAG;
    return NULL;
}

/* Comments end at -->; a doctype, which begins like one, at >. */
static const char *
step_comment(struct markup *m, char ch)
{
    bool dashes = m->tail == ((unsigned)'-' << 8 | (unsigned)'-');
    if (m->tag[0] == '\0')
        m->tag[0] = ch == '-' ? '-' : '!';
    if (ch == '>' && (dashes || m->tag[0] == '!'))
        m->where = MARKUP_TEXT;
    m->tail = (m->tail << 8 | (unsigned char)ch) & 0xffff;
    return NULL;
}

static const char *
step_raw(struct markup *m, char ch)
{
    if (ch == '<') {
        m->where = MARKUP_LESS;
        return NULL;
    }
    if (!isspace((unsigned char)ch))
        return INLINE_SCRIPT;
    return NULL;
}

const char *
markup_static(struct markup *m, struct span text)
{
    static const char *(*const STEPS[])(struct markup *, char) = {
        [MARKUP_TEXT] = step_text,
        [MARKUP_LESS] = step_less,
        [MARKUP_TAG_NAME] = step_tag_name,
        [MARKUP_TAG] = step_tag,
        [MARKUP_GAP] = step_gap,
        [MARKUP_ATTR_NAME] = step_attr_name,
        [MARKUP_EQUALS] = step_equals,
        [MARKUP_VALUE] = step_value,
        [MARKUP_BARE] = step_bare,
        [MARKUP_COMMENT] = step_comment,
        [MARKUP_RAW] = step_raw,
    };
    for (size_t i = 0; i < text.n; i++) {
        const char *why = STEPS[m->where](m, text.p[i]);
        if (why)
            return why;
    }
    return NULL;
}

enum markup_slot
markup_value(struct markup *m)
{
    if (m->where == MARKUP_LESS)
        m->where = MARKUP_TEXT; /* as in "a <{{b}}": no tag begins without a letter */
    if (m->where == MARKUP_TEXT)
        return MARKUP_SLOT_TEXT;
    if (m->where != MARKUP_VALUE)
        return MARKUP_SLOT_NONE;
    enum markup_begun begun = m->begun;
    m->begun = MARKUP_BEGUN;
    if (!attr_is_url(m))
        return MARKUP_SLOT_VALUE;
    if (begun == MARKUP_EITHER)
        return MARKUP_SLOT_NONE;
    return begun == MARKUP_EMPTY ? MARKUP_SLOT_URL : MARKUP_SLOT_URL_PART;
}

static bool
is_between_attributes(const struct markup *m)
{
    return m->where == MARKUP_TAG_NAME || m->where == MARKUP_TAG || m->where == MARKUP_ATTR_NAME ||
           m->where == MARKUP_GAP;
}

bool
markup_join(struct markup *m, const struct markup *other)
{
    if (is_between_attributes(m) && is_between_attributes(other) && m->where != other->where) {
        m->where = MARKUP_GAP;
        return strcmp(m->tag, other->tag) == 0;
    }
    if (m->where != other->where)
        return false;
    if (m->begun != other->begun)
        m->begun = MARKUP_EITHER;
    bool in_tag = m->where != MARKUP_TEXT && m->where != MARKUP_LESS;
    bool in_value = m->where == MARKUP_VALUE;
    return (!in_tag || strcmp(m->tag, other->tag) == 0) &&
           (!in_value || (m->quote == other->quote && strcmp(m->attr, other->attr) == 0));
}

/* blocks: one table of what each block holds; MCP's content is turned into blocks first. */
#include "plugin/blocks.h"

#include "base/json.h"
#include "base/utf8.h"

#include <string.h>

enum { HASH_TEXT = 64, MIME_BYTES = 80, URL_BYTES = 4096, SHORT_BYTES = 2000 };

enum want { SHORT, TEXT, OBJECT, NUMBER, HASH, URL, COLUMNS, ROWS };

static const struct member {
    const char *block, *name;
    enum want want;
    bool needed;
} members[] = {
    {"text", "text", TEXT, true},
    {"table", "columns", COLUMNS, true},
    {"table", "rows", ROWS, true},
    {"table", "title", SHORT, false},
    {"table", "note", SHORT, false},
    {"chart", "spec", OBJECT, true},
    {"chart", "columns", COLUMNS, true},
    {"chart", "rows", ROWS, true},
    {"chart", "title", SHORT, false},
    {"chart", "summary", TEXT, false},
    {"chart", "note", SHORT, false},
    {"chart", "sql", TEXT, false},
    {"chart", "dataset", SHORT, false},
    {"chart", "total", NUMBER, false},
    {"image", "artifact", HASH, false},
    {"image", "data", TEXT, false},
    {"image", "mime", SHORT, false},
    {"image", "alt", SHORT, true},
    {"image", "width", NUMBER, false},
    {"image", "height", NUMBER, false},
    {"image", "title", SHORT, false},
    {"image", "note", SHORT, false},
    {"code", "text", TEXT, true},
    {"code", "language", SHORT, false},
    {"code", "title", SHORT, false},
    {"link", "url", URL, true},
    {"link", "text", SHORT, false},
    {"html", "html", TEXT, true},
};
enum { N_MEMBERS = sizeof members / sizeof members[0] };

/* Checks --------------------------------------------------------------------------------------------------------- */

static bool
columns_ok(const json_t *v)
{
    size_t i;
    json_t *one;
    json_array_foreach(
        v, i, one) if (!json_is_string(one) && !json_is_string(json_object_get(one, "name"))) return false;
    return json_is_array(v) && json_array_size(v) > 0 && json_array_size(v) <= BLOCKS_COLUMNS;
}

static bool
row_ok(const json_t *row, size_t columns)
{
    size_t i;
    json_t *cell;
    json_array_foreach(row, i, cell) if (json_is_array(cell) || json_is_object(cell)) return false;
    return json_is_array(row) && json_array_size(row) == columns;
}

static bool
rows_ok(const json_t *block, const json_t *v)
{
    size_t i, columns = json_array_size(json_object_get(block, "columns"));
    json_t *row;
    json_array_foreach(v, i, row) if (!row_ok(row, columns)) return false;
    return json_is_array(v) && json_array_size(v) <= BLOCKS_ROWS;
}

static bool
url_ok(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7F)
            return false;
    return s.n <= URL_BYTES && (span_starts(s, "https://") || span_starts(s, "http://"));
}

static bool
value_ok(const json_t *block, const json_t *v, enum want want)
{
    struct span s = {json_string_value(v), json_string_length(v)};
    switch (want) {
    case SHORT: return json_is_string(v) && s.n <= SHORT_BYTES;
    case TEXT: return json_is_string(v);
    case OBJECT: return json_is_object(v);
    case NUMBER: return json_is_number(v);
    case HASH: return json_is_string(v) && s.n == HASH_TEXT && span_only(s, "0123456789abcdef");
    case URL: return json_is_string(v) && url_ok(s);
    case COLUMNS: return columns_ok(v);
    case ROWS: return rows_ok(block, v);
    }
    return false;
}

static const struct member *
member_of(const char *block, const char *name)
{
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (strcmp(members[i].block, block) == 0 && (!name || strcmp(members[i].name, name) == 0))
            return &members[i];
    return NULL;
}

/* An image is stored (a hash) or here (bytes of a type). */
static bool
image_ok(const json_t *block)
{
    bool stored = json_object_get(block, "artifact"), here = json_object_get(block, "data");
    struct span mime = json_text(block, "mime");
    return stored != here && (stored || (span_starts(mime, "image/") && mime.n <= MIME_BYTES));
}

static enum err
check_members(struct task *t, const char *type, const json_t *block)
{
    const char *name;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)block, name, v)
    {
        const struct member *m = member_of(type, name);
        if (!m && strcmp(name, "type") != 0)
            return task_fail(t, E_INVALID, "The plugin's result has a %s block with a member that none has.", type);
        if (m && !value_ok(block, v, m->want))
            return task_fail(
                t, E_INVALID, "The plugin's result has a %s block whose %s is not what it should be.", type, m->name);
    }
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (members[i].needed && strcmp(members[i].block, type) == 0 && !json_object_get(block, members[i].name))
            return task_fail(t, E_INVALID, "The plugin's result has a %s block without %s.", type, members[i].name);
    return E_OK;
}

static enum err
check_block(struct task *t, const json_t *block)
{
    const char *type = json_string_value(json_object_get(block, "type"));
    const struct member *known = type ? member_of(type, NULL) : NULL;
    if (!known)
        return task_fail(t, E_INVALID, "The plugin's result has a block of a type that there is not.");
    if (check_members(t, known->block, block) != E_OK)
        return t->err;
    if (strcmp(known->block, "image") == 0 && !image_ok(block))
        return task_fail(
            t, E_INVALID, "The plugin's result has an image that is neither stored nor given with its type.");
    return E_OK;
}

static enum err
check_blocks(struct task *t, const json_t *list)
{
    size_t i;
    json_t *block;
    if (!json_is_array(list))
        return task_fail(t, E_INVALID, "The plugin's result has no list of blocks.");
    if (json_array_size(list) > BLOCKS_MOST)
        return task_fail(t, E_INVALID, "The plugin's result has more than %d blocks.", BLOCKS_MOST);
    json_array_foreach(list, i, block) if (check_block(t, block) != E_OK) return t->err;
    return E_OK;
}

/* MCP's content --------------------------------------------------------------------------------------------------- */

static json_t *
text_block(struct span text)
{
    return json_pack("{s:s, s:o}", "type", "text", "text", json_stringn(text.p ? text.p : "", text.n));
}

static json_t *
link_block(const json_t *c)
{
    struct span url = json_text(c, "uri"), text = json_text(c, "title");
    text = text.n > 0 ? text : json_text(c, "name");
    if (!url_ok(url))
        return text_block(text.n > 0 ? text : url); /* a resource of the server's own */
    return json_pack("{s:s, s:o, s:o}", "type", "link", "url", json_stringn(url.p, url.n), "text",
        json_stringn(text.p ? text.p : "", text.n));
}

static json_t *
image_block(const json_t *c)
{
    const json_t *data = json_object_get(c, "data"), *mime = json_object_get(c, "mimeType");
    return json_pack("{s:s, s:O*, s:O*, s:s}", "type", "image", "data", data, "mime", mime, "alt", "");
}

/* A content block as one of ours. What we have no block for is said in words. */
static json_t *
block_of(const json_t *c)
{
    struct span type = json_text(c, "type");
    if (span_is(type, "text"))
        return text_block(json_text(c, "text"));
    if (span_is(type, "image"))
        return image_block(c);
    if (span_is(type, "resource_link"))
        return link_block(c);
    struct span text = json_text(json_object_get(c, "resource"), "text");
    if (span_is(type, "resource") && text.p)
        return text_block(text);
    return text_block(SPAN("(Something that is neither text nor an image was left out.)"));
}

static json_t *
blocks_of(struct task *t, const json_t *content)
{
    json_t *list = task_json(t, json_array());
    size_t i;
    json_t *c;
    json_array_foreach(content, i, c) json_array_append_new(list, block_of(c));
    return list;
}

enum err
blocks_read(struct task *t, const json_t *result, json_t **out, bool *failed)
{
    json_t *blocks = json_object_get(result, "blocks"), *content = json_object_get(result, "content");
    json_t *structured = json_object_get(result, blocks ? "structured" : "structuredContent");
    *failed = json_flag(result, "isError", false);
    if (!blocks && json_is_array(content))
        blocks = blocks_of(t, content);
    if (check_blocks(t, blocks) != E_OK)
        return t->err;
    *out = task_json(t, json_object());
    json_object_set(*out, "blocks", blocks);
    if (structured && !json_is_null(structured))
        json_object_set(*out, "structured", structured);
    return E_OK;
}

/* Nothing that is unseen or turns the direction: these words stand in our sentences. */
static bool
visible(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } hidden[] = {{0, 0x1F}, {0x7F, 0xA0}, {0xAD, 0xAD}, {0x61C, 0x61C}, {0x180E, 0x180E}, {0x2000, 0x200F},
        {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000}, {0xE000, 0xF8FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
        {0xFFF9, 0xFFFB}, {0xE0000, 0x10FFFF}};
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (c >= hidden[i].from && c <= hidden[i].to)
            return false;
    return true;
}

struct span
blocks_visible(struct task *t, struct span text, size_t most)
{
    struct buf *b = task_buf(t, most + 8);
    while (text.n > 0 && b->n < most) {
        uint32_t c = 0;
        size_t n = utf8_next(text, &c);
        if (n > 0 && c != ' ' && visible(c))
            buf_put(b, text.p, n);
        else if (b->n > 0 && b->p[b->n - 1] != ' ')
            buf_putc(b, ' ');
        text = span_from(text, n > 0 ? n : 1);
    }
    return span_trim(utf8_first(buf_view(b), most));
}

struct span
blocks_words(struct task *t, const json_t *blocks, size_t most)
{
    struct buf *b = task_buf(t, most * 4 + 8);
    size_t i;
    json_t *block;
    json_array_foreach(json_object_get(blocks, "blocks"), i, block)
    {
        struct span s = json_text(block, "text");
        if (b->n > 0)
            buf_putc(b, ' ');
        buf_span(b, span_first(s, most));
        if (b->n >= most)
            break;
    }
    return blocks_visible(t, buf_view(b), most);
}

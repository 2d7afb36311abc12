/* plugin_view: words for powers, effects, levels and states. */
#include "pages/plugin_view.h"

#include "base/json.h"
#include "pages/facts.h"
#include "pages/link.h"

enum { TEXTS = 200, JOINED_BYTES = 4096 };

void
plugin_texts(struct task *t, const json_t *list, const struct span **at, size_t *n)
{
    size_t most = json_array_size(list) < TEXTS ? json_array_size(list) : TEXTS;
    struct span *s = task_array(t, most, sizeof *s);
    for (size_t i = 0; i < most; i++) {
        const json_t *one = json_array_get(list, i);
        s[i] = (struct span){json_string_value(one), json_string_length(one)};
    }
    *at = s;
    *n = most;
}

struct span
plugin_joined(struct task *t, const json_t *list)
{
    struct buf *b = task_buf(t, JOINED_BYTES);
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        buf_puts(b, i > 0 ? ", " : "");
        buf_puts(b, json_string_value(one));
    }
    return buf_view(b);
}

static const struct {
    const char *letter, *name, *on, *off;
} powers[] = {
    {"A", "Takes in untrusted text", "What others wrote reaches it: what it answers is believed no more than that.",
        "Nothing that others wrote reaches it."},
    {"B", "Reads private data", "It asks for rows of datasets that are not public.",
        "It reads no rows, or rows of public datasets alone."},
    {"C", "Can change or send", "It makes what lasts, or sends something outside.",
        "Nothing that it does lasts longer than the conversation, and nothing leaves."},
};
enum { POWERS = sizeof powers / sizeof powers[0] };

void
plugin_powers(struct task *t, struct span abc, const struct view_power **at, size_t *n)
{
    struct view_power *p = task_array(t, POWERS, sizeof *p);
    for (size_t i = 0; i < POWERS; i++) {
        bool on = i < abc.n && abc.p[i] == '1';
        p[i] = (struct view_power){.letter = span_of(powers[i].letter),
            .name = span_of(powers[i].name),
            .state = on ? SPAN("on") : SPAN("off"),
            .is_active = on,
            .why = span_of(on ? powers[i].on : powers[i].off)};
    }
    *at = p;
    *n = POWERS;
}

static const struct {
    const char *word, *about;
} effects[] = {{"E0", "reads and computes"}, {"E1", "makes what ends with the conversation"},
    {"E2", "changes what lasts"}, {"E3", "sends something outside"}, {"E4", "changes who may do what"}};
static const struct {
    const char *word, *about;
} levels[] = {
    {"bundled", "it came with this program"},
    {"community", "offered by a marketplace, vetted by its reviewers"},
    {"private", "made for this deployment alone"},
    {"dev", "unsigned, on a machine of its developer"},
};

struct span
plugin_effect_about(struct span effect)
{
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++)
        if (span_is(effect, effects[i].word))
            return span_of(effects[i].about);
    return SPAN_NONE;
}

struct span
plugin_level_about(struct span level)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (span_is(level, levels[i].word))
            return span_of(levels[i].about);
    return SPAN_NONE;
}

struct span
plugin_url(struct task *t, struct span id)
{
    struct link l = link_begin(t);
    struct span rest = id, part;
    link_fixed(&l, "/-/plugins");
    while (span_cut(&rest, '/', &part))
        link_segment(&l, part);
    return link_end(&l);
}

struct span
plugin_entry_url(struct task *t, struct span market, int64_t leaf)
{
    if (market.n == 0 || leaf < 0)
        return SPAN_NONE;
    struct link l = link_begin(t);
    link_fixed(&l, "/-/plugins/log");
    link_param(&l, "market", market);
    link_param(&l, "leaf", task_format(t, "%lld", (long long)leaf));
    return link_end(&l);
}

struct span
plugin_title(const json_t *record)
{
    struct span title = json_text(record, "title");
    return title.n > 0 ? title : json_text(record, "id");
}

static const struct {
    const char *state, *words, *badge;
} states[] = {{"on", "On", "public"}, {"off", "Off", ""}, {"revoked", "Revoked", "warn"}};

void
plugin_state(const json_t *record, struct span *words, struct span *badge)
{
    struct span state = json_text(record, "state");
    *words = SPAN("Not installed");
    *badge = SPAN("");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (!span_is(state, states[i].state))
            continue;
        *words = span_of(states[i].words);
        *badge = span_of(states[i].badge);
    }
}

static void
put_link(struct task *t, struct span id, struct view_plugin_notice *out)
{
    out->label = task_format(t, "Look at %.*s", SPAN_ARG(id));
    out->url = plugin_url(t, id);
}

void
plugin_notices(struct task *t, const json_t *reply, struct span id, const struct view_plugin_notice **at, size_t *n)
{
    const json_t *list = json_object_get(reply, "notices");
    struct view_plugin_notice *out = task_array(t, json_array_size(list), sizeof *out);
    size_t i;
    json_t *one;
    *n = 0;
    json_array_foreach(list, i, one)
    {
        struct span plugin = json_text(one, "plugin");
        if (id.n > 0 && plugin.n > 0 && !span_eq(id, plugin))
            continue;
        struct view_plugin_notice *notice = &out[(*n)++];
        *notice = (struct view_plugin_notice){.message = json_text(one, "text"),
            .when = facts_time(t, json_int(one, "at_ms", 0)),
            .is_error = span_is(json_text(one, "kind"), "revoked")};
        if (plugin.n > 0 && id.n == 0)
            put_link(t, plugin, notice);
    }
    *at = out;
}

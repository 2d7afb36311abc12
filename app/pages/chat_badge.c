/* chat_badge: gate's words about a conversation as chips, reasons and one offer. */
#include "pages/chat_badge.h"

#include "base/json.h"
#include "pages/level.h"
#include "pages/link.h"
#include "pages/own.h"

enum { BADGE_LIST = 100 };

static const struct {
    const char *letter, *name;
} powers[] = {
    {"A", "Reads untrusted text"},
    {"B", "Sees private data"},
    {"C", "Can change or send"},
};
enum { N_POWERS = sizeof powers / sizeof powers[0] };

static const json_t *
power_of(const json_t *badge, const char *letter)
{
    size_t i;
    json_t *one;
    json_array_foreach(
        json_object_get(badge, "powers"), i, one) if (span_is(json_text(one, "power"), letter)) return one;
    return NULL;
}

static void
put_powers(struct task *t, const json_t *badge, struct view_badge *out)
{
    struct view_power *p = task_array(t, N_POWERS, sizeof *p);
    for (size_t i = 0; i < N_POWERS; i++) {
        const json_t *said = power_of(badge, powers[i].letter);
        p[i] = (struct view_power){.letter = span_of(powers[i].letter),
            .name = span_of(powers[i].name),
            .is_active = json_flag(said, "active", false),
            .why = json_text(said, "why")};
        p[i].state = p[i].is_active ? SPAN("on") : SPAN("off");
    }
    out->powers.at = p;
    out->powers.n = N_POWERS;
}

static void
put_texts(struct task *t, const json_t *list, const struct span **at, size_t *n)
{
    size_t most = json_array_size(list) < BADGE_LIST ? json_array_size(list) : BADGE_LIST;
    struct span *s = task_array(t, most, sizeof *s);
    for (size_t i = 0; i < most; i++) {
        const json_t *one = json_array_get(list, i);
        s[i] = (struct span){json_string_value(one), json_string_length(one)};
    }
    *at = s;
    *n = most;
}

/* "private: wards, staff" */
static struct span
label_words(struct task *t, const json_t *badge)
{
    const struct span *names;
    size_t n;
    struct buf *b = task_buf(t, LINK_BYTES);
    buf_span(b, level_word(level_member(badge, "level", 0)));
    put_texts(t, json_object_get(badge, "categories"), &names, &n);
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i > 0 ? ", " : ": ");
        buf_span(b, names[i]);
    }
    return buf_view(b);
}

/* Two of the three powers, never all: the third is another conversation's. */
static void
put_offer(struct task *t, struct span offer, struct span dataset, struct view_badge *out)
{
    if (span_is(offer, "public")) {
        out->offer =
            SPAN("A fresh public chat may look things up outside, with your approval. It starts empty: it knows "
                 "nothing of this one and sees public data alone.");
        out->offer_url = SPAN("/-/chat");
    } else if (span_is(offer, "private")) {
        struct link l = link_begin(t);
        link_fixed(&l, "/-/chat");
        link_param(&l, "private", SPAN("1"));
        if (dataset.n > 0)
            link_param(&l, "dataset", dataset);
        out->offer = SPAN("A fresh private chat may see private data. It has no way to the outside.");
        out->offer_url = link_end(&l);
    }
}

struct view_badge *
chat_badge_view(struct task *t, const json_t *badge, struct span dataset)
{
    struct view_badge *out = task_new(t, struct view_badge);
    bool is_private = !span_is(json_text(badge, "mode"), "public");
    bool strict = json_flag(badge, "strict", false);
    out->mode = is_private ? SPAN("Private chat") : SPAN("Public chat");
    out->mode_class = is_private ? SPAN("private") : SPAN("public");
    out->mode_note = task_format(t, "%s%s",
        is_private
            ? "Nothing of this chat leaves the site, but for the models that its admin cleared for it. Links are "
              "plain text."
            : "This chat sees public data alone. What you write may be sent to the model that answers.",
        strict ? " This site is strict: a model can't change anything, not even with your approval." : "");
    put_powers(t, badge, out);
    out->label = label_words(t, badge);
    out->integrity = integrity_words(json_int(badge, "integrity", -1));
    put_texts(t, json_object_get(badge, "from"), &out->from.at, &out->from.n);
    put_texts(t, json_object_get(badge, "tools"), &out->tools.at, &out->tools.n);
    put_offer(t, json_text(badge, "offer"), dataset, out);
    return out;
}

enum err
chat_badge(struct visit *v, const struct chat *chat, const json_t **out)
{
    const struct own_field in[] = {{"conversation", chat->row.id}};
    json_t *reply = NULL;
    if (own_call(v, "conversation.badge", own_fields(in, 1), &reply) != E_OK)
        return v->t->err;
    *out = reply;
    return E_OK;
}

struct span
chat_leaves_note(struct task *t, const json_t *catalogue, struct span chosen)
{
    struct span label = SPAN_NONE;
    size_t i, n = 0;
    json_t *m;
    json_array_foreach(json_object_get(catalogue, "models"), i, m)
    {
        struct span name = json_text(m, "name"), words = json_text(m, "label");
        if (span_is(json_text(m, "api"), "guide") || (chosen.n > 0 && !span_eq(name, chosen)))
            continue;
        label = words.n > 0 ? words : name;
        n++;
    }
    if (n == 0)
        return SPAN_NONE;
    if (n > 1)
        return SPAN("In a public chat, questions and rows may be sent to the model that you choose.");
    return task_format(t, "In a public chat, questions and rows may be sent to %.*s.", SPAN_ARG(label));
}

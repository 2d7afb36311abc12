/* order: arguments checked before anybody is asked for money. */
#include "image/order.h"

#include "base/json.h"
#include "base/utf8.h"

#include <string.h>

enum { BODY_BYTES = 8 * IMAGE_PROMPT_BYTES, MODEL_BYTES = 100, SIZES_BYTES = 400, CURRENCY_BYTES = 8 };
enum { EDGE_STEP = 16, EDGE_LEAST = 256, EDGE_MOST = 4096 };

static const char *const qualities[] = {"low", "medium", "high"};
static const char *const formats[] = {"png", "jpeg", "webp"};
static const char *const backgrounds[] = {"auto", "transparent", "opaque"};
static const char fixed_sizes[] = "1024x1024 1536x1024 1024x1536";

/* Where the word stands, or -1. */
static int
among(const char *const *words, size_t n, struct span s)
{
    for (size_t i = 0; i < n; i++)
        if (span_is(s, words[i]))
            return (int)i;
    return -1;
}
#define AMONG(words, s) among(words, sizeof(words) / sizeof(words)[0], s)

static bool
is_listed(struct span list, struct span word)
{
    struct span one;
    while (span_cut(&list, ' ', &one))
        if (one.n > 0 && span_eq(one, word))
            return true;
    return false;
}

static struct span
text_or(const json_t *j, const char *key, const char *fallback)
{
    struct span s = span_trim(json_text(j, key));
    return s.n > 0 ? s : span_of(fallback);
}

static double
price(const json_t *j, const char *key)
{
    double v = json_number_value(json_object_get(j, key));
    return v > 0 ? v : 0;
}

enum err
image_settings_read(struct task *t, const json_t *j, struct image_settings *out)
{
    *out = (struct image_settings){.model = text_or(j, "model", "gpt-image-1"),
        .sizes = text_or(j, "sizes", ""),
        .quality = text_or(j, "quality", "high"),
        .format = text_or(j, "format", "png"),
        .currency = text_or(j, "currency", "USD"),
        .price_in = price(j, "price_in"),
        .price_out = price(j, "price_out"),
        .partials = json_int(j, "partials", 0)};
    if (out->model.n > MODEL_BYTES || out->sizes.n > SIZES_BYTES || out->currency.n > CURRENCY_BYTES)
        return task_fail(t, E_INVALID, "The plugin's settings \"model\", \"sizes\" or \"currency\" are too long.");
    if (AMONG(qualities, out->quality) < 0)
        return task_fail(t, E_INVALID, "The plugin's setting \"quality\" is low, medium or high.");
    if (AMONG(formats, out->format) < 0)
        return task_fail(t, E_INVALID, "The plugin's setting \"format\" is png, jpeg or webp.");
    if (out->partials < 0 || out->partials > IMAGE_PARTIALS)
        return task_fail(t, E_INVALID, "The plugin's setting \"partials\" is 0 to %d.", IMAGE_PARTIALS);
    return E_OK;
}

static bool
is_gpt(struct span model)
{
    return span_starts(model, "gpt-image");
}

/* WIDTHxHEIGHT as those models take it that draw in any size. */
static bool
is_free_size(struct span size)
{
    struct span height = size, width;
    int64_t w, h;
    return span_cut(&height, 'x', &width) && span_i64(width, &w) && span_i64(height, &h) && w % EDGE_STEP == 0 &&
           h % EDGE_STEP == 0 && w >= EDGE_LEAST && h >= EDGE_LEAST && w <= EDGE_MOST && h <= EDGE_MOST;
}

static enum err
check_size(struct task *t, const struct image_order *o)
{
    struct span list = o->s.sizes;
    if (list.n == 0 && span_starts(o->s.model, "gpt-image-1"))
        list = span_of(fixed_sizes);
    if (span_is(o->size, "auto") || (list.n > 0 && is_listed(list, o->size)) || (list.n == 0 && is_free_size(o->size)))
        return E_OK;
    if (list.n > 0)
        return task_fail(t, E_INVALID, "No picture is drawn in the size %.*s here: ask for auto or one of %.*s.",
            SPAN_ARG(utf8_first(o->size, 20)), SPAN_ARG(list));
    return task_fail(t, E_INVALID,
        "The size %.*s can't be drawn: ask for auto, or WIDTHxHEIGHT with edges from %d to %d that are multiples of "
        "%d.",
        SPAN_ARG(utf8_first(o->size, 20)), EDGE_LEAST, EDGE_MOST, EDGE_STEP);
}

static enum err
check_quality(struct task *t, const struct image_order *o)
{
    int asked = AMONG(qualities, o->quality), most = AMONG(qualities, o->s.quality);
    if (span_is(o->quality, "auto") || (asked >= 0 && asked <= most))
        return E_OK;
    if (asked < 0)
        return task_fail(t, E_INVALID, "The quality is auto, low, medium or high.");
    return task_fail(t, E_INVALID, "This deployment draws in the quality %.*s at most.", SPAN_ARG(o->s.quality));
}

enum err
image_order_read(struct task *t, const json_t *args, const struct image_settings *s, struct image_order *out)
{
    *out = (struct image_order){.s = *s,
        .prompt = json_text(args, "prompt"),
        .alt = span_trim(json_text(args, "alt")),
        .size = text_or(args, "size", "auto"),
        .quality = text_or(args, "quality", "auto"),
        .background = text_or(args, "background", "auto")};
    if (span_trim(out->prompt).n == 0 || out->prompt.n > IMAGE_PROMPT_BYTES)
        return task_fail(t, E_INVALID, "The prompt is a text of 1 to %d bytes.", IMAGE_PROMPT_BYTES);
    if (out->alt.n == 0 || out->alt.n > IMAGE_ALT_BYTES)
        return task_fail(t, E_INVALID,
            "\"alt\" says what the picture shows, for people who don't see it: 1 to %d bytes.", IMAGE_ALT_BYTES);
    if (AMONG(backgrounds, out->background) < 0)
        return task_fail(t, E_INVALID, "The background is auto, transparent or opaque.");
    if (span_is(out->background, "transparent") && span_is(s->format, "jpeg"))
        return task_fail(t, E_INVALID, "Pictures are JPEGs here, which have no transparent background.");
    /* "auto" is the service's to choose, up to the highest: the cap is what is asked for then. */
    if (span_is(out->quality, "auto") && !span_is(s->quality, "high"))
        out->quality = s->quality;
    return check_size(t, out) == E_OK ? check_quality(t, out) : t->err;
}

static void
put(struct buf *b, const char *key, struct span value)
{
    json_put_key(b, key);
    json_put_text(b, value);
}

struct span
image_order_body(struct task *t, const struct image_order *o)
{
    struct buf *b = task_buf(t, BODY_BYTES);
    bool gpt = is_gpt(o->s.model);
    buf_putc(b, '{');
    put(b, "model", o->s.model);
    put(b, "prompt", o->prompt);
    buf_puts(b, ",\"n\":1");
    if (!span_is(o->size, "auto"))
        put(b, "size", o->size);
    if (!span_is(o->quality, "auto"))
        put(b, "quality", o->quality);
    if (!gpt)
        put(b, "response_format", SPAN("b64_json"));
    if (gpt && !span_is(o->background, "auto"))
        put(b, "background", o->background);
    if (gpt && !span_is(o->s.format, "png"))
        put(b, "output_format", o->s.format);
    if (gpt && o->s.partials > 0)
        buf_printf(b, ",\"stream\":true,\"partial_images\":%lld", (long long)o->s.partials);
    buf_putc(b, '}');
    return buf_view(b);
}

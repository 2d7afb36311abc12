/* test_image: what is asked of a service that draws, what is made of its answers, and what pictures are by their bytes.
 */
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "image/reply.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const json_t *
json(struct task *t, const char *text)
{
    json_t *j = NULL;
    if (json_read(t, span_of(text), &j) != E_OK)
        fail_msg("%s: %s", text, t->cause);
    return j;
}

static void
orders_are_checked_before_anything_is_sent(void **state)
{
    static const struct {
        const char *settings, *args;
        const char *says; /* NULL: body */
        const char *body;
    } rows[] = {
        {"{}", "{\"prompt\":\"a cat\",\"alt\":\"A cat.\"}", NULL,
            "{\"model\":\"gpt-image-1\",\"prompt\":\"a cat\",\"n\":1}"},
        {"{}",
            "{\"prompt\":\"a \\\"cat\\\"\",\"alt\":\"c\",\"size\":\"1536x1024\",\"quality\":\"low\",\"background\":"
            "\"transparent\"}",
            NULL,
            "{\"model\":\"gpt-image-1\",\"prompt\":\"a "
            "\\\"cat\\\"\",\"n\":1,\"size\":\"1536x1024\",\"quality\":\"low\","
            "\"background\":\"transparent\"}"},
        {"{\"model\":\"gpt-image-1.5\",\"format\":\"webp\",\"partials\":2,\"quality\":\"medium\"}",
            "{\"prompt\":\"x\",\"alt\":\"y\"}", NULL,
            "{\"model\":\"gpt-image-1.5\",\"prompt\":\"x\",\"n\":1,\"quality\":\"medium\",\"output_format\":\"webp\","
            "\"stream\":true,\"partial_images\":2}"},
        {"{\"model\":\"gpt-image-2\"}", "{\"prompt\":\"x\",\"alt\":\"y\",\"size\":\"1536x864\"}", NULL,
            "{\"model\":\"gpt-image-2\",\"prompt\":\"x\",\"n\":1,\"size\":\"1536x864\"}"},
        /* Another family: it would answer with an address. */
        {"{\"model\":\"dall-e-3\",\"partials\":1}", "{\"prompt\":\"x\",\"alt\":\"y\",\"background\":\"opaque\"}", NULL,
            "{\"model\":\"dall-e-3\",\"prompt\":\"x\",\"n\":1,\"response_format\":\"b64_json\"}"},
        {"{}", "{\"prompt\":\"x\",\"alt\":\"y\",\"size\":\"1024x1792\"}", "1024x1024 1536x1024 1024x1536", NULL},
        {"{}", "{\"prompt\":\"x\",\"alt\":\"y\",\"size\":\"big\"}", "No picture is drawn in the size big", NULL},
        {"{\"sizes\":\"512x512\"}", "{\"prompt\":\"x\",\"alt\":\"y\",\"size\":\"1024x1024\"}", "one of 512x512", NULL},
        {"{\"model\":\"gpt-image-2\"}", "{\"prompt\":\"x\",\"alt\":\"y\",\"size\":\"1000x1000\"}", "multiples of 16",
            NULL},
        {"{\"model\":\"gpt-image-2\"}", "{\"prompt\":\"x\",\"alt\":\"y\",\"size\":\"99999999999x16\"}",
            "multiples of 16", NULL},
        {"{\"quality\":\"medium\"}", "{\"prompt\":\"x\",\"alt\":\"y\",\"quality\":\"high\"}", "quality medium at most",
            NULL},
        {"{}", "{\"prompt\":\"x\",\"alt\":\"y\",\"quality\":\"best\"}", "auto, low, medium or high", NULL},
        {"{}", "{\"prompt\":\" \",\"alt\":\"y\"}", "1 to 8000 bytes", NULL},
        {"{}", "{\"prompt\":\"x\",\"alt\":\"\"}", "for people who don't see it", NULL},
        {"{\"format\":\"jpeg\"}", "{\"prompt\":\"x\",\"alt\":\"y\",\"background\":\"transparent\"}", "no transparent",
            NULL},
        {"{\"format\":\"gif\"}", "{\"prompt\":\"x\",\"alt\":\"y\"}", "png, jpeg or webp", NULL},
        {"{\"partials\":4}", "{\"prompt\":\"x\",\"alt\":\"y\"}", "0 to 3", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct image_settings s;
        struct image_order o;
        task_begin(&t, 0);
        enum err e = image_settings_read(&t, json(&t, rows[i].settings), &s);
        if (e == E_OK)
            e = image_order_read(&t, json(&t, rows[i].args), &s, &o);
        if (rows[i].says && (e != E_INVALID || !strstr(t.cause, rows[i].says)))
            fail_msg("%zu: %s", i, t.cause);
        if (rows[i].body) {
            struct span body = e == E_OK ? image_order_body(&t, &o) : span_of(t.cause);
            assert_string_equal(task_z(&t, body), rows[i].body);
        }
        task_end(&t);
    }
}

/* The head of a PNG of 64 x 32, which is all that is looked at. */
#define PNG "iVBORw0KGgoAAAANSUhEUgAAAEAAAAAgCAYAAACinX6EAAAAAElFTkSuQmCC"

static void
answers_are_pictures_or_sentences(void **state)
{
    static const struct {
        int status;
        const char *type, *body;
        enum err e;
        const char *says; /* of the failure */
        const char *never;
    } rows[] = {
        {200, "application/json", "{\"data\":[{\"b64_json\":\"" PNG "\"}],\"usage\":{\"input_tokens\":10}}", E_OK, "",
            NULL},
        {400, "application/json",
            "{\"error\":{\"message\":\"Your request was rejected by the safety "
            "system.\",\"type\":\"image_generation_user_error\",\"param\":null,\"code\":\"moderation_blocked\"}}",
            E_DENIED, "safety system refused this prompt, and drew nothing. It says: Your request was rejected", NULL},
        {400, "application/json",
            "{\"error\":{\"message\":\"Invalid value: '7x7'.\",\"type\":\"invalid_request_error\",\"param\":\"size\","
            "\"code\":\"invalid_value\"}}",
            E_INVALID, "does not draw in the size auto. It says: Invalid value: '7x7'.", NULL},
        {400, "application/json",
            "{\"error\":{\"message\":\"Unknown parameter: 'response_format'.\",\"type\":\"invalid_request_error\","
            "\"param\":\"response_format\",\"code\":\"unknown_parameter\"}}",
            E_INVALID, "does not know one of the settings", NULL},
        {401, "application/json",
            "{\"error\":{\"message\":\"Incorrect API key provided\",\"type\":\"invalid_request_error\",\"param\":null,"
            "\"code\":\"invalid_api_key\"}}",
            E_UNAVAILABLE, "does not accept the key", NULL},
        {429, "application/json",
            "{\"error\":{\"message\":\"Rate limit reached. Please try again in "
            "12s.\",\"type\":\"requests\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}",
            E_LIMIT, "try again in a minute. It says: Rate limit reached. Please try again in 12s.", NULL},
        {429, "application/json",
            "{\"error\":{\"message\":\"You exceeded your current "
            "quota\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
            E_LIMIT, "budget for this key is used up", NULL},
        {500, "application/json", "{\"error\":{\"message\":\"a\\nb\",\"type\":\"server_error\"}}", E_UNAVAILABLE,
            "failed (status 500). It says: a b", "\n"},
        {502, "text/html", "<html>Bad gateway</html>", E_UNAVAILABLE, "failed (status 502).", "html"},
        {404, "text/plain", "no", E_UNAVAILABLE, "nothing at this address", NULL},
        {200, "application/json", "{\"data\":[{\"b64_json\":\"iVBORw0KGgo", E_UNAVAILABLE, "broke off after 33 bytes",
            "iVBOR"},
        {200, "application/json", "{\"data\":[{\"b64_json\":\"iVBO Rw\"}]}", E_UNAVAILABLE, "cut off or malformed",
            NULL},
        {200, "application/json", "{\"data\":[{\"b64_json\":\"R0lGODlhAQABAAAAACw=\"}]}", E_UNAVAILABLE,
            "no PNG, JPEG or WebP", NULL},
        {200, "application/json", "{\"data\":[]}", E_UNAVAILABLE, "without a picture", NULL},
        {200, "application/json", "[]", E_UNAVAILABLE, "no JSON", NULL},
        {200, "application/json", "{\"data\":[{\"url\":\"https://x.example/a.png\"}]}", E_UNAVAILABLE,
            "an address in the place", "x.example"},
        {200, "text/event-stream; charset=utf-8",
            "event: image_generation.partial_image\ndata: "
            "{\"type\":\"image_generation.partial_image\",\"b64_json\":\"" PNG
            "\",\"partial_image_index\":0}\n\nevent: error\ndata: "
            "{\"type\":\"error\",\"error\":{\"message\":\"no\",\"code\":\"moderation_blocked\"}}\n\n",
            E_DENIED, "safety system", NULL},
        {200, "text/event-stream", "data: [DONE]\n\n", E_UNAVAILABLE, "before a picture came", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct image_order o = {.size = SPAN("auto")};
        struct image_reply r;
        task_begin(&t, 0);
        enum err e = image_reply_read(&t, &o, rows[i].status, span_of(rows[i].type), span_of(rows[i].body), &r);
        if (e != rows[i].e || !strstr(t.cause, rows[i].says) || (rows[i].never && strstr(t.cause, rows[i].never)))
            fail_msg("%zu: %s: %s", i, err_word(e), t.cause);
        if (e == E_OK)
            assert_true(r.picture.width == 64 && r.picture.height == 32 && r.usage.in == 10 && r.usage.out == -1);
        task_end(&t);
    }
}

static void
a_stream_gives_its_last_picture(void **state)
{
    static const char one[] = "data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"" PNG "\"}\n\n",
                      last[] = "data: {\"type\":\"image_generation.completed\",\"b64_json\":\"" PNG
                               "\",\"quality\":\"low\",\"usage\":{\"input_tokens\":1,\"output_tokens\":272}}\n\n",
                      cut[] = "data: {\"type\":\"image_generation.completed\",\"b64_json\":\"iVBORw";
    struct task t;
    struct image_order o = {.size = SPAN("auto")};
    struct image_reply r;
    (void)state;
    task_begin(&t, 0);
    struct span whole = task_format(&t, "%s%s", one, last), broken = task_format(&t, "%s%s", one, cut);
    assert_int_equal(image_reply_read(&t, &o, 200, SPAN("text/event-stream"), whole, &r), E_OK);
    assert_false(r.unfinished);
    assert_true(r.usage.out == 272 && span_is(r.quality, "low"));
    assert_int_equal(image_reply_read(&t, &o, 200, SPAN("text/event-stream"), broken, &r), E_OK);
    assert_true(r.unfinished && r.usage.out == -1);
    task_end(&t);
}

static void
a_picture_past_the_cap_is_told(void **state)
{
    enum { MANY = IMAGE_BYTES / 3 * 4 + 400 };
    struct task t;
    struct image_order o = {.size = SPAN("auto")};
    struct image_reply r;
    (void)state;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, MANY + 1000);
    buf_puts(b, "{\"data\":[{\"b64_json\":\"" PNG);
    while (b->n < MANY)
        buf_putc(b, 'A');
    buf_puts(b, "\"}]}");
    assert_int_equal(image_reply_read(&t, &o, 200, SPAN("application/json"), buf_view(b), &r), E_LIMIT);
    assert_non_null(strstr(t.cause, "more than the 4 MB"));
    task_end(&t);
}

static void
costs_are_told_as_far_as_they_are_known(void **state)
{
    static const struct {
        double in, out;
        struct image_usage usage;
        const char *words;
    } rows[] = {
        {5, 40, {10, 4160}, "4,170 tokens, about 0.166 USD"},
        {0, 0, {10, 4160}, "4,170 tokens"},
        {0, 10, {-1, 999}, "999 tokens, about 0.010 USD"},
        {5, 40, {-1, -1}, ""},
        {5, 40, {0, 1234567}, "1,234,567 tokens, about 49.383 USD"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        double amount;
        struct image_settings s = {.price_in = rows[i].in, .price_out = rows[i].out, .currency = SPAN("USD")};
        task_begin(&t, 0);
        assert_string_equal(task_z(&t, image_cost_words(&t, &s, &rows[i].usage, &amount)), rows[i].words);
        assert_int_equal(amount > 0, strstr(rows[i].words, "about") != NULL);
        task_end(&t);
    }
}

static void
pictures_are_known_by_their_bytes(void **state)
{
#define ROW(bytes, type, w, h)                                                                                         \
    {                                                                                                                  \
        {bytes, sizeof bytes - 1}, type, w, h                                                                          \
    }
    static const struct {
        struct span bytes;
        const char *type;
        uint32_t width, height;
    } rows[] = {
        ROW("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\2\0", "image/png", 256, 512),
        ROW("\x89PNG\r\n\x1a\n", "image/png", 0, 0),
        ROW("\xff\xd8\xff\xe0\0\x04XX\xff\xc0\0\x11\x08\0\x20\0\x40\3", "image/jpeg", 64, 32),
        ROW("\xff\xd8\xff", "image/jpeg", 0, 0),
        ROW("RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x3f\0\0\x1f\0\0", "image/webp", 64, 32),
        ROW("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x3f\xc0\x07\0", "image/webp", 64, 32),
        ROW("RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x40\0\x20\0", "image/webp", 64, 32),
        ROW("RIFF\0\0\0\0WAVEfmt ", NULL, 0, 0),
        ROW("GIF89a", NULL, 0, 0),
        ROW("<svg xmlns=", NULL, 0, 0),
        ROW("\x89PNG\r\n\x1a", NULL, 0, 0),
        ROW("", NULL, 0, 0),
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct picture p;
        bool is = picture_read(rows[i].bytes, &p);
        if (is != (rows[i].type != NULL) || (is && strcmp(p.type, rows[i].type) != 0) || p.width != rows[i].width ||
            p.height != rows[i].height)
            fail_msg("%zu: %s %u x %u", i, is ? p.type : "none", p.width, p.height);
    }
}

/* Replies of real services, where they are there. */
static void
recorded_replies_are_read(void **state)
{
    static const struct {
        const char *name;
        int status;
        enum err e;
        const char *says;
    } rows[] = {
        {"openai__image-basic-functionality-openai-gpt-image-1-can-paint-images-0", 200, E_OK, ""},
        {"openai__image-edit-functionality-with-flexible-sizes-gpt-image-2-accepts-a-16px-multiple-size-on-e-0", 200,
            E_OK, ""},
        {"openai__openai-image-gpt-image-response-format-error-0", 400, E_INVALID, "Unknown parameter"},
        {"openai__image-edit-functionality-with-remote-urls-rejects-edits-with-a-url-that-returns-404-0", 400,
            E_INVALID, "404"},
        {"openai__images-generate-a-springer-spaniel-cooking-pasta-wearing-a-hat-of-some-sort-0", 200, E_UNAVAILABLE,
            "an address in the place"},
        {"xai__image-basic-functionality-xai-grok-imagine-image-can-paint-images-0", 200, E_UNAVAILABLE,
            "an address in the place"},
    };
    const char *shared = getenv("LYCEUM_SHARED");
    struct stat st;
    struct task t;
    (void)state;
    task_begin(&t, 0);
    const char *folder = task_printf(&t, "%s/llm/corpus", shared ? shared : LYCEUM_SOURCE_DIR "/../shared");
    if (stat(folder, &st) != 0) {
        print_message("skipped: the recorded replies are not here\n");
        task_end(&t);
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct image_order o = {.size = SPAN("auto")};
        struct image_reply r;
        struct span body;
        task_clear_error(&t);
        if (fsio_read(&t, task_printf(&t, "%s/openai-images__%s/body.json", folder, rows[i].name), 8 << 20, &body) !=
            E_OK)
            fail_msg("%s", t.cause);
        enum err e = image_reply_read(&t, &o, rows[i].status, SPAN("application/json"), body, &r);
        if (e != rows[i].e || !strstr(t.cause, rows[i].says))
            fail_msg("%s: %s: %s", rows[i].name, err_word(e), t.cause);
        if (e == E_OK)
            assert_true(strcmp(r.picture.type, "image/png") == 0 && r.picture.width >= 1024 && r.usage.out > 0);
    }
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_are_checked_before_anything_is_sent),
        cmocka_unit_test(answers_are_pictures_or_sentences),
        cmocka_unit_test(a_stream_gives_its_last_picture),
        cmocka_unit_test(a_picture_past_the_cap_is_told),
        cmocka_unit_test(costs_are_told_as_far_as_they_are_known),
        cmocka_unit_test(pictures_are_known_by_their_bytes),
        cmocka_unit_test(recorded_replies_are_read),
    };
    id_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

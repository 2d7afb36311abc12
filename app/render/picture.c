/* picture: PNG, JPEG and WebP by their first bytes. */
#include "render/picture.h"

#include <string.h>

static uint32_t
byte_at(struct span b, size_t i)
{
    return i < b.n ? (unsigned char)b.p[i] : 0;
}

static uint32_t
big16(struct span b, size_t at)
{
    return byte_at(b, at) << 8 | byte_at(b, at + 1);
}

static uint32_t
little24(struct span b, size_t at)
{
    return byte_at(b, at) | byte_at(b, at + 1) << 8 | byte_at(b, at + 2) << 16;
}

static bool
stands_at(struct span b, size_t at, const char *word, size_t n)
{
    return b.n >= at + n && memcmp(b.p + at, word, n) == 0;
}

/* The header chunk comes first: length, "IHDR", width, height. */
static void
size_of_png(struct span b, struct picture *out)
{
    if (!stands_at(b, 12, "IHDR", 4))
        return;
    out->width = big16(b, 16) << 16 | big16(b, 18);
    out->height = big16(b, 20) << 16 | big16(b, 22);
}

/* Segments follow each other by their lengths; the first frame header has the size. */
static void
size_of_jpeg(struct span b, struct picture *out)
{
    size_t at = 2;
    while (at + 9 < b.n && byte_at(b, at) == 0xff) {
        uint32_t kind = byte_at(b, at + 1);
        bool frame = kind >= 0xc0 && kind <= 0xcf && kind != 0xc4 && kind != 0xc8 && kind != 0xcc;
        if (frame) {
            out->height = big16(b, at + 5);
            out->width = big16(b, at + 7);
            return;
        }
        at += 2 + (size_t)big16(b, at + 2);
    }
}

/* Three forms: lossy, lossless, extended. */
static void
size_of_webp(struct span b, struct picture *out)
{
    if (stands_at(b, 12, "VP8X", 4)) {
        out->width = little24(b, 24) + 1;
        out->height = little24(b, 27) + 1;
    } else if (stands_at(b, 12, "VP8L", 4)) {
        uint32_t bits = little24(b, 21) | byte_at(b, 24) << 24;
        out->width = (bits & 0x3fff) + 1;
        out->height = (bits >> 14 & 0x3fff) + 1;
    } else if (stands_at(b, 12, "VP8 ", 4)) {
        out->width = (byte_at(b, 26) | byte_at(b, 27) << 8) & 0x3fff;
        out->height = (byte_at(b, 28) | byte_at(b, 29) << 8) & 0x3fff;
    }
}

static const struct {
    const char *begins;
    size_t begins_n;
    const char *goes_on; /* at byte 8; NULL: nothing is asked there */
    struct picture is;
    void (*size)(struct span b, struct picture *out);
} rows[] = {
    {"\x89PNG\r\n\x1a\n", 8, NULL, {"image/png", "png", 0, 0}, size_of_png},
    {"\xff\xd8\xff", 3, NULL, {"image/jpeg", "jpg", 0, 0}, size_of_jpeg},
    {"RIFF", 4, "WEBP", {"image/webp", "webp", 0, 0}, size_of_webp},
};

bool
picture_read(struct span bytes, struct picture *out)
{
    *out = (struct picture){0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!stands_at(bytes, 0, rows[i].begins, rows[i].begins_n) ||
            (rows[i].goes_on && !stands_at(bytes, 8, rows[i].goes_on, 4)))
            continue;
        *out = rows[i].is;
        rows[i].size(bytes, out);
        return true;
    }
    return false;
}

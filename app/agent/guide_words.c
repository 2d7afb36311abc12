/* guide_words: words, stems, fillers. */
#include "agent/guide_words.h"

#include <string.h>

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Words that names of columns shorten. */
static const char *const SHORT[][2] = {{"maximum", "max"}, {"minimum", "min"}, {"temp", "temperature"},
    {"avg", "average"}, {"pct", "percent"}, {"qty", "quantity"}, {"lat", "latitude"}, {"lon", "longitude"},
    {"lng", "longitude"}};

/* Plural endings alone: verbs are handled by guide_stem_match. */
static void
cut_plural(char *z)
{
    size_t n = strlen(z);
    if (n > 4 && strcmp(z + n - 3, "ies") == 0) {
        z[n - 3] = 'y';
        z[n - 2] = '\0';
    } else if (n > 3 && strcmp(z + n - 2, "ie") == 0) { /* movie, as movies above */
        z[n - 2] = 'y';
        z[n - 1] = '\0';
    } else if (n > 4 &&
               (strcmp(z + n - 4, "sses") == 0 || strcmp(z + n - 4, "ches") == 0 || strcmp(z + n - 4, "xes") == 0)) {
        z[n - 2] = '\0';
    } else if (n > 3 && z[n - 1] == 's' && z[n - 2] != 's' && z[n - 2] != 'u' && z[n - 2] != 'i') {
        z[n - 1] = '\0';
    }
}

void
guide_stem(struct span word, char out[GUIDE_STEM_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < word.n && n + 1 < GUIDE_STEM_BYTES; i++)
        if (word.p[i] != '\'')
            out[n++] = lower(word.p[i]);
    out[n] = '\0';
    if (word.n > 2 && word.p[word.n - 1] == 's' && word.p[word.n - 2] == '\'')
        out[n - 1] = '\0'; /* possessive */
    cut_plural(out);
    for (size_t i = 0; i < sizeof SHORT / sizeof SHORT[0]; i++)
        if (strcmp(out, SHORT[i][0]) == 0)
            memcpy(out, SHORT[i][1], strlen(SHORT[i][1]) + 1);
}

size_t
guide_name_stems(struct span name, char stems[GUIDE_NAME_WORDS][GUIDE_STEM_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < GUIDE_NAME_WORDS;) {
        if (!is_letter(name.p[i]) && !is_digit(name.p[i])) {
            i++;
            continue;
        }
        size_t from = i++;
        while (i < name.n && (is_letter(name.p[i]) || is_digit(name.p[i]) ||
                                 (name.p[i] == '\'' && i + 1 < name.n && is_letter(name.p[i + 1])))) {
            bool hump =
                lower(name.p[i]) != name.p[i] && lower(name.p[i - 1]) == name.p[i - 1] && is_letter(name.p[i - 1]);
            if (hump)
                break;
            i++;
        }
        guide_stem((struct span){name.p + from, i - from}, stems[n++]);
    }
    return n;
}

static double
scale_of(const char *stem)
{
    if (strcmp(stem, "thousand") == 0 || strcmp(stem, "k") == 0)
        return 1e3;
    if (strcmp(stem, "million") == 0 || strcmp(stem, "m") == 0)
        return 1e6;
    return strcmp(stem, "billion") == 0 || strcmp(stem, "bn") == 0 ? 1e9 : 0;
}

static bool
read_number(struct span s, double *out)
{
    char z[40];
    size_t n = 0;
    for (size_t i = 0; i < s.n && n + 1 < sizeof z; i++)
        if (s.p[i] != ',')
            z[n++] = s.p[i];
    return span_double((struct span){z, n}, out);
}

static const struct {
    const char *word;
    double value;
} spelled[] = {{"one", 1}, {"two", 2}, {"three", 3}, {"four", 4}, {"five", 5}, {"six", 6}, {"seven", 7}, {"eight", 8},
    {"nine", 9}, {"ten", 10}, {"twelve", 12}, {"twenty", 20}, {"fifty", 50}, {"hundred", 100}};

static void
put(struct guide_words *out, struct span text, bool quoted)
{
    if (out->n == GUIDE_WORDS)
        return;
    struct guide_word w = {.text = text, .quoted = quoted, .capital = text.p[0] >= 'A' && text.p[0] <= 'Z'};
    guide_stem(text, w.stem);
    double scale = scale_of(w.stem);
    if (scale > 0 && out->n > 0 && out->w[out->n - 1].number) {
        out->w[out->n - 1].value *= scale;
        return;
    }
    if (!quoted && is_digit(text.p[0]))
        w.number = read_number(text, &w.value);
    for (size_t i = 0; !w.number && i < sizeof spelled / sizeof spelled[0]; i++)
        if (strcmp(spelled[i].word, w.stem) == 0) {
            w.number = true;
            w.value = spelled[i].value;
        }
    out->w[out->n++] = w;
}

/* The end of a quoted phrase that begins at s[0], or 0: an apostrophe is no quotation mark. */
static size_t
quoted_end(struct span s)
{
    static const char *const opens[] = {"\"", "\xE2\x80\x9C", "'"};
    static const char *const closes[] = {"\"", "\xE2\x80\x9D", "'"};
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(opens[i]);
        if (!span_starts(s, opens[i]))
            continue;
        ptrdiff_t end = span_find(span_from(s, n), span_of(closes[i]));
        return end > 0 ? n + (size_t)end + strlen(closes[i]) : 0;
    }
    return 0;
}

void
guide_words_read(struct task *t, struct span question, struct guide_words *out)
{
    struct span s = task_dup(t, question);
    out->n = 0;
    for (size_t i = 0; i < s.n;) {
        bool apart = i == 0 || !(is_letter(s.p[i - 1]) && (unsigned char)s.p[i - 1] < 0x80);
        size_t end = apart ? quoted_end(span_from(s, i)) : 0;
        if (end > 2) {
            size_t mark = (unsigned char)s.p[i] >= 0x80 ? 3 : 1;
            put(out, (struct span){s.p + i + mark, end - 2 * mark}, true);
            i += end;
        } else if (is_letter(s.p[i]) || is_digit(s.p[i])) {
            size_t from = i;
            bool digits = is_digit(s.p[i]);
            while (i < s.n &&
                   (is_letter(s.p[i]) || is_digit(s.p[i]) || (s.p[i] == '\'' && i + 1 < s.n && is_letter(s.p[i + 1])) ||
                       (digits && (s.p[i] == '.' || s.p[i] == ',') && i + 1 < s.n && is_digit(s.p[i + 1]))))
                i++;
            put(out, (struct span){s.p + from, i - from}, false);
        } else {
            i++;
        }
    }
}

bool
guide_is_filler(const char *stem)
{
    static const char *const fillers[] = {"a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "with", "and",
        "or", "is", "are", "was", "were", "be", "been", "do", "did", "doe", "does", "has", "have", "had", "it", "its",
        "their", "there", "this", "that", "these", "those", "thi", "i", "me", "my", "we", "you", "your", "can", "could",
        "would", "please", "tell", "show", "give", "list", "find", "get", "what", "what's", "whats", "which", "who",
        "when", "where", "how", "all", "any", "each", "every", "by", "per", "as", "than", "then", "data", "dataset",
        "table", "record", "row", "value", "about", "display", "see", "want", "know", "let", "us", "some", "only",
        "just", "also", "most", "least", "ha", "wa", "number", "many", "much", "s", "ever", "made", "make", "into",
        "exist", "overall", "released", "come", "came", "look", "like", "according", "information", "info", "name",
        "compare", "now", "change", "changed", "develop", "evolve", "happen", "happened", "found", "occur", "out",
        "across", "among", "within", "different", "distinct", "unique", "order", "sorted", "sort", "ordered"};
    for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++)
        if (strcmp(fillers[i], stem) == 0)
            return true;
    return false;
}

int
guide_stem_match(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b), same = 0;
    while (same < na && same < nb && a[same] == b[same])
        same++;
    if (same == na && same == nb)
        return 2;
    size_t longer = na < nb ? nb : na;
    return same >= 6 && same * 10 >= longer * 7;
}

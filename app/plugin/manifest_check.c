/* manifest_check: what must hold between a manifest's lines, and what is asked of one that holds. */
#include "plugin/lines.h"
#include "plugin/manifest_priv.h"
#include "policy/words.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN = 80 };

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Case-folded order in which a folder's files follow it at once ('/' sorts before everything else). */
static int
fold_cmp(struct span a, struct span b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int x = a.p[i] == '/' ? 0 : lower(a.p[i]), y = b.p[i] == '/' ? 0 : lower(b.p[i]);
        if (x != y)
            return x - y;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

static int
by_fold(const void *a, const void *b)
{
    return fold_cmp(*(const struct span *)a, *(const struct span *)b);
}

/* Two names that some file system holds for one, or a file that is a folder too. */
static enum err
check_names(struct task *t, const struct manifest *m)
{
    struct span *path = task_array(t, m->files, sizeof *path);
    for (size_t i = 0; i < m->files; i++)
        path[i] = m->file[i].path;
    qsort(path, m->files, sizeof *path, by_fold);
    for (size_t i = 1; i < m->files; i++) {
        struct span a = path[i - 1], b = path[i];
        if (fold_cmp(a, b) == 0)
            return task_fail(
                t, E_INVALID, "The manifest's files %.*s and %.*s differ in capitals alone.", SPAN_ARG(a), SPAN_ARG(b));
        if (b.n > a.n && b.p[a.n] == '/' && fold_cmp(a, span_first(b, a.n)) == 0)
            return task_fail(
                t, E_INVALID, "The manifest's file %.*s is a folder too, of %.*s.", SPAN_ARG(a), SPAN_ARG(b));
    }
    return E_OK;
}

static enum err
check_files(struct task *t, const struct manifest *m)
{
    if (!manifest_file_find(m, m->entry))
        return task_fail(t, E_INVALID, "The manifest's runtime names %.*s, which is none of its files.",
            SPAN_ARG(span_first(m->entry, SHOWN)));
    for (size_t i = 0; i < m->tools; i++)
        if (!manifest_file_find(m, m->tool[i].file))
            return task_fail(t, E_INVALID, "The manifest's tool %.*s names %.*s, which is none of its files.",
                SPAN_ARG(m->tool[i].name), SPAN_ARG(span_first(m->tool[i].file, SHOWN)));
    return check_names(t, m);
}

static bool
reaches(const struct manifest *m, struct span host)
{
    for (size_t i = 0; i < m->nets; i++)
        if (span_eq(m->net[i].host, host))
            return true;
    return false;
}

static enum err
check_effects(struct task *t, const struct manifest *m)
{
    enum policy_effect worst = EFFECT_READ;
    for (size_t i = 0; i < m->tools; i++)
        worst = m->tool[i].effect > worst ? m->tool[i].effect : worst;
    if (m->tools > 0 && worst != m->effect)
        return task_fail(t, E_INVALID, "The manifest's effect is %s, the worst of its tools' is %s.",
            policy_effect_word(m->effect), policy_effect_word(worst));
    if (m->nets > 0 && m->effect < EFFECT_OUTSIDE)
        return task_fail(t, E_INVALID, "The manifest reaches hosts (cap net), which is effect E3, and says %s.",
            policy_effect_word(m->effect));
    for (size_t i = 0; i < m->secrets; i++)
        if (!reaches(m, m->secret[i].host))
            return task_fail(t, E_INVALID, "The manifest's secret %.*s is for %.*s, which no cap net names.",
                SPAN_ARG(m->secret[i].name), SPAN_ARG(m->secret[i].host));
    return E_OK;
}

/* What its lines say that it can do must be what its badge says. */
static enum err
check_abc(struct task *t, const struct manifest *m)
{
    const bool meant[3] = {true, m->reads && m->read_level > LEVEL_PUBLIC, m->effect >= EFFECT_DURABLE};
    char has[4], want[4];
    manifest_abc_text(m->abc, has);
    manifest_abc_text(meant, want);
    if (memcmp(has, want, 3) != 0)
        return task_fail(t, E_INVALID, "The manifest says abc %s, and what it declares is abc %s.", has, want);
    return E_OK;
}

enum err
manifest_check(struct task *t, const struct manifest *m)
{
    if (m->has_prev != (m->serial > 1))
        return task_fail(t, E_INVALID, "The manifest's serial is %lld: %s.", (long long)m->serial,
            m->serial > 1 ? "it must name the one before it (prev)" : "nothing can be before it (prev)");
    if (m->kind == MANIFEST_TOOL && m->tools == 0)
        return task_fail(t, E_INVALID, "The manifest is of kind tool and has no \"tool\" line.");
    if (check_files(t, m) != E_OK || check_effects(t, m) != E_OK)
        return t->err;
    return check_abc(t, m);
}

const char *
manifest_path_fault(struct span path)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    struct span rest = path, part;
    size_t parts = 0;
    if (path.n == 0 || path.n > MANIFEST_PATH_BYTES)
        return "a path has 1 to 200 characters";
    if (path.p[0] == '/')
        return "a path begins in the bundle, not with /";
    while (span_cut(&rest, '/', &part)) {
        if (++parts > MANIFEST_PATH_PARTS)
            return "a path has at most 8 parts";
        if (part.n == 0)
            return "a path has an empty part";
        if (span_is(part, ".") || span_is(part, ".."))
            return "a path has no . and no .. in it";
        if (part.p[0] == '.' || part.p[0] == '-')
            return "no part of a path begins with a dot or a dash";
        if (!span_only(part, set))
            return "a path has letters, digits and . _ - alone";
    }
    return NULL;
}

bool
manifest_path_is_reserved(struct span path)
{
    static const char *const names[] = {"manifest", "manifest.note", "vet.note", "vet.report", "inclusion"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (span_is_nocase(path, names[i]))
            return true;
    return false;
}

const struct manifest_file *
manifest_file_find(const struct manifest *m, struct span path)
{
    size_t low = 0, high = m->files;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = span_cmp(m->file[mid].path, path);
        if (c == 0)
            return &m->file[mid];
        low = c < 0 ? mid + 1 : low;
        high = c < 0 ? high : mid;
    }
    return NULL;
}

const struct manifest_tool *
manifest_tool_find(const struct manifest *m, struct span name)
{
    for (size_t i = 0; i < m->tools; i++)
        if (span_eq(m->tool[i].name, name))
            return &m->tool[i];
    return NULL;
}

bool
manifest_may_fetch(const struct manifest *m, struct span method, struct span origin)
{
    for (size_t i = 0; i < m->nets; i++)
        if (span_eq(m->net[i].method, method) && span_eq(m->net[i].origin, origin))
            return true;
    return false;
}

void
manifest_abc_text(const bool abc[3], char out[4])
{
    for (size_t i = 0; i < 3; i++)
        out[i] = abc[i] ? '1' : '0';
    out[3] = '\0';
}

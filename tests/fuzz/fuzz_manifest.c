/* fuzz: lyc_plugin */
/* fuzz_manifest: texts that claim to be a manifest, a project or a tool's file; what is let through keeps its promises.
 */
#include "base/id.h"
#include "base/must.h"
#include "plugin/pack.h"
#include "plugin/toolfile.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
promises(struct task *t, const struct manifest *m)
{
    struct span said[MANIFEST_DIFFS];
    const char *reason;
    must(m->files > 0 && m->files <= MANIFEST_FILES && m->tools <= MANIFEST_TOOLS && m->bytes <= MANIFEST_BUNDLE_BYTES);
    for (size_t i = 0; i < m->files; i++) {
        must(!manifest_path_fault(m->file[i].path) && !manifest_path_is_reserved(m->file[i].path));
        must(manifest_file_find(m, m->file[i].path) == &m->file[i]);
    }
    for (size_t i = 0; i < m->tools; i++)
        must(manifest_file_find(m, m->tool[i].file) && m->tool[i].effect <= m->effect);
    must(m->nets == 0 || m->effect == EFFECT_OUTSIDE);
    must(m->abc[0] && m->abc[2] == (m->effect >= EFFECT_DURABLE));
    must(manifest_widened(t, m, m, said) == 0);
    manifest_may_install(t, m, &reason);
}

static void
project(struct task *t, struct span text)
{
    static const char tool[] =
        "{\"name\":\"geo\",\"description\":\"Finds places.\",\"input_schema\":{\"type\":\"object\"}}";
    struct pack_file files[] = {{.file = {.path = SPAN("geo.py"), .bytes = 9}},
        {.file = {.path = SPAN("geo.json"), .bytes = sizeof tool - 1}, .bytes = {tool, sizeof tool - 1}}};
    const struct pack_before before = {.serial = 0};
    struct manifest m;
    struct span out;
    if (pack_text(t, text, files, 2, &before, &out) == E_OK && manifest_parse(t, out, &m) == E_OK)
        promises(t, &m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct task t;
    struct manifest m;
    struct toolfile f;
    struct span text = {(const char *)data, size};
    id_init();
    task_begin(&t, 0);
    if (manifest_parse(&t, text, &m) == E_OK)
        promises(&t, &m);
    task_clear_error(&t);
    project(&t, text);
    task_clear_error(&t);
    if (toolfile_read(&t, text, &f) == E_OK)
        must(f.name.n > 0 && f.description.n > 0 && f.input);
    task_end(&t);
    return 0;
}

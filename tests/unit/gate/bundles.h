/* bundles: signed plugins made in a rig's state folder, as the command line would leave them there. */
#ifndef TESTS_GATE_BUNDLES_H
#define TESTS_GATE_BUNDLES_H

#include "base/fsio.h"
#include "plugin/bundle.h"
#include "plugin/note.h"
#include "plugin/pack.h"
#include "talk.h"

/* A version of a plugin: lines of its project beside id, version, serial, publisher and runtime; its tools' names. */
struct version {
    const char *id;
    int serial;
    const char *lines;
    const char *tools[3];
    const char *about; /* description of its tools; NULL: "Does it." */
};

static inline void
write_file(struct rig *r, const char *folder, const char *name, struct span text)
{
    assert_int_equal(fsio_write_atomic(&r->t, task_printf(&r->t, "%s/%s", folder, name), text, 0644), E_OK);
}

/* The digest of the latest made version of that id and serial, for those that follow it. */
static struct made {
    const char *id;
    int serial;
    char digest[MANIFEST_DIGEST_BYTES];
} made[64];
static size_t n_made;

static inline const char *
made_before(const struct version *v)
{
    for (size_t i = n_made; i-- > 0;)
        if (strcmp(made[i].id, v->id) == 0 && made[i].serial == v->serial - 1)
            return made[i].digest;
    return "0000000000000000000000000000000000000000000000000000000000000000";
}

/* Packs, signs and installs it into plugins/; its digest. */
static inline const char *
bundle(struct rig *r, const struct note_secret *key, const struct version *v)
{
    static int n;
    struct task *t = &r->t;
    struct manifest m;
    struct span note = SPAN_NONE;
    const char *code = "", *project = task_printf(t, "%s/project%d", r->folder, ++n),
               *out = task_printf(t, "%s/bundle%d", r->folder, n);
    task_clear_error(t);
    mkdir(project, 0755);
    mkdir(conf_path(t, "plugins"), 0755);
    write_file(r, project, "main.py", task_format(t, "print(%d)\n", v->serial));
    struct buf *b = task_buf(t, 8192);
    buf_printf(b, "id %s\nversion 1.%d.0\nserial %d\npublisher %.*s\nruntime python3 main.py\n%s", v->id, v->serial,
        v->serial, SPAN_ARG(key->key.name), v->lines);
    if (v->serial > 1)
        buf_printf(b, "prev sha256:%s\n", made_before(v));
    write_file(r, project, "manifest", buf_view(b));
    for (size_t i = 0; i < 3 && v->tools[i]; i++)
        write_file(r, project, task_printf(t, "%s.json", v->tools[i]),
            task_format(t,
                "{\"name\":\"%s\",\"description\":\"%s\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"q\":{"
                "\"type\":\"string\"}}}}",
                v->tools[i], v->about ? v->about : "Does it."));
    const struct pack_order order = {.project = project, .bundle = out};
    if (pack_project(t, &order, &m) != E_OK || note_sign(t, m.text, key, &note) != E_OK)
        fail_msg("%s", t->cause);
    write_file(r, out, "manifest.note", note);
    unlink(task_printf(t, "%s/manifest", out));
    if (bundle_install(t, out, conf_path(t, "plugins"), &m, &code) != E_OK)
        fail_msg("%s: %s", code, t->cause);
    assert_true(n_made < sizeof made / sizeof made[0]);
    made[n_made] = (struct made){.id = v->id, .serial = v->serial};
    memcpy(made[n_made++].digest, m.digest, sizeof m.digest);
    return task_z(t, span_of(m.digest));
}

/* plugin.install of it as the operator; the reply or NULL. */
static inline json_t *
install(struct rig *r, const struct note_secret *key, const struct version *v, const char *more)
{
    const char *digest = bundle(r, key, v);
    return rig_admin(r, "plugin.install",
        task_printf(
            &r->t, "{\"digest\":\"%s\",\"key\":\"%.*s\"%s}", digest, SPAN_ARG(note_key_text(&r->t, &key->key)), more));
}

#endif

/* test_market: what gate tells of a marketplace that it checked: catalogue, a plugin's versions, the log and its
 * proofs. */
#include "talk.h"

#include "../plugin/market_world.h"

static struct world shop;

static json_t *
asked(struct rig *r, const char *operation, const char *in)
{
    return own(r, SPAN_NONE, operation, in);
}

static const char *
in_mirror(struct rig *r, const char *path)
{
    return task_printf(&r->t, "%s/%s", conf_path(&r->t, "plugins/market-cache/shop"), path);
}

static bool
is_checked(struct rig *r)
{
    rig_admin(r, "market.update", "{\"name\":\"shop\"}");
    return r->code == E_OK;
}

/* A marketplace with two versions, mirrored here; the newest one's files are kept. */
static int
begin(void **state)
{
    static const struct version
        first = {.serial = 1},
        second = {.serial = 2,
            .effect = "E3",
            .lines = "title Geo\nabout Finds Places of the World\ncap net GET https://api.acme.example:443\n"};
    if (world(state) != 0)
        return -1;
    struct rig *r = *state;
    const char *code = "";
    world_begin(&shop);
    shop.now = clock_unix_ms() / 1000 * 1000;
    mkdir(conf_path(&r->t, "plugins"), 0755);
    mkdir(conf_path(&r->t, "plugins/market-cache"), 0755);
    if (rename(shop.market, conf_path(&r->t, "plugins/market-cache/shop")) != 0)
        return -1;
    shop.market = conf_path(&r->t, "plugins/market-cache/shop");
    world_publish(&shop, &first);
    const struct manifest *m = world_publish(&shop, &second);
    const char *bundle = market_bundle(shop.t, shop.market, m->id, m->serial);
    world_must(&shop, bundle_install(shop.t, bundle, conf_path(&r->t, "plugins"), m, &code));
    struct span key = note_key_text(&r->t, &shop.root[0].key);
    rig_admin(r, "market.add",
        task_printf(&r->t, "{\"name\":\"shop\",\"place\":\"/shop\",\"root_key\":\"%.*s\"}", SPAN_ARG(key)));
    return r->code == E_OK && is_checked(r) ? 0 : -1;
}

static int
end(void **state)
{
    world_end(&shop);
    return rig_down(state);
}

static size_t
found(struct rig *r, const char *in)
{
    return json_array_size(json_object_get(asked(r, "market.catalogue", in), "offers"));
}

static void
the_catalogue_has_what_was_vouched_for(void **state)
{
    struct rig *r = *state;
    json_t *offer = json_array_get(json_object_get(asked(r, "market.catalogue", "{}"), "offers"), 0);
    assert_true(span_is(json_text(offer, "id"), "acme/geo"));
    assert_true(span_is(json_text(offer, "version"), "1.2"));
    assert_true(span_is(json_text(offer, "abc"), "101"));
    assert_int_equal(json_array_size(json_object_get(offer, "reviewers")), 2);
    assert_true(json_int(offer, "log_index", -1) >= 0);
    assert_int_equal(found(r, "{\"q\":\"PLACES OF\"}"), 1);
    assert_int_equal(found(r, "{\"q\":\"zebra\"}"), 0);
    assert_int_equal(found(r, "{\"level\":\"community\"}"), 1);
    assert_int_equal(found(r, "{\"level\":\"private\"}"), 0);
    assert_int_equal(found(r, "{\"from\":50}"), 0);
    assert_null(asked(r, "market.catalogue", "{\"from\":-1}"));
}

static void
a_plugin_is_told_with_its_versions_and_none_of_what_is_admins_business(void **state)
{
    struct rig *r = *state;
    json_t *j = asked(r, "market.plugin", "{\"id\":\"acme/geo\"}"), *next = json_object_get(j, "next");
    assert_int_equal(json_array_size(json_object_get(j, "offers")), 2);
    assert_true(span_is(json_text(j, "next_is"), "offer"));
    assert_int_equal(json_array_size(json_object_get(next, "nets")), 1);
    assert_null(json_object_get(next, "verdict"));
    j = as_operator(r, "market.plugin", "{\"id\":\"acme/geo\"}");
    assert_non_null(json_object_get(json_object_get(j, "next"), "verdict"));
    assert_null(asked(r, "market.plugin", "{\"id\":\"acme/none\"}"));
    assert_int_equal(r->code, E_NOTFOUND);
    rig_admin(r, "setting.set", "{\"name\":\"signed_in_only\",\"value\":\"true\"}");
    assert_int_equal(r->code, E_OK);
    assert_null(asked(r, "market.plugin", "{\"id\":\"acme/geo\"}"));
    assert_int_equal(r->code, E_UNAUTHENTICATED);
}

static void
the_log_is_told_with_proofs(void **state)
{
    struct rig *r = *state;
    json_t *j = asked(r, "market.log", "{\"leaf\":1,\"since\":2}");
    assert_true(json_int(j, "size", 0) > 2);
    assert_int_equal((int64_t)json_array_size(json_object_get(j, "leaves")), json_int(j, "size", 0));
    assert_true(json_flag(json_object_get(j, "inclusion"), "holds", false));
    assert_true(json_flag(json_object_get(j, "consistency"), "holds", false));
    assert_null(asked(r, "market.log", "{\"leaf\":9999}"));
    assert_null(asked(r, "market.log", "{\"before\":9999}"));
    assert_null(asked(r, "market.log", "{\"market\":\"none\"}"));
}

/* What was changed in the mirror is not what the snapshot names: it is left out, whatever else is shown. */
static void
changed_notes_are_not_shown(void **state)
{
    struct rig *r = *state;
    struct span note;
    const char *path = in_mirror(r, "plugins/acme/geo/2/manifest.note");
    assert_int_equal(fsio_read(&r->t, path, 1 << 17, &note), E_OK);
    char *bytes = task_z(&r->t, note);
    *strstr(bytes, "Finds Places") = 'K';
    assert_int_equal(fsio_write_atomic(&r->t, path, span_of(bytes), 0644), E_OK);
    assert_true(is_checked(r));
    assert_int_equal(json_array_size(json_object_get(asked(r, "market.plugin", "{\"id\":\"acme/geo\"}"), "offers")), 1);
}

static void
a_revoked_version_is_told_and_not_offered(void **state)
{
    struct rig *r = *state;
    world_mark(&shop, 2, NOTES_REVOKED);
    assert_true(is_checked(r));
    json_t *list = json_object_get(asked(r, "market.plugin", "{\"id\":\"acme/geo\"}"), "offers");
    assert_true(span_is(json_text(json_array_get(list, 0), "status"), "revoked"));
    json_t *offer = json_array_get(json_object_get(asked(r, "market.catalogue", "{}"), "offers"), 0);
    assert_int_equal(json_int(offer, "serial", 0), 1);
    rig_admin(r, "market.remove", "{\"name\":\"shop\"}");
    assert_int_equal(found(r, "{}"), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_catalogue_has_what_was_vouched_for),
        T(a_plugin_is_told_with_its_versions_and_none_of_what_is_admins_business),
        T(the_log_is_told_with_proofs),
        T(changed_notes_are_not_shown),
        T(a_revoked_version_is_told_and_not_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

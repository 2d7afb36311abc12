/* cli_plugin_list: what is installed, and what could be on together. */
#include "cli/cli_plugin_state.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

static void
print_scope(const json_t *scope)
{
    size_t i;
    json_t *place;
    json_array_foreach(scope, i, place)
    {
        const char *name = json_string_value(json_array_get(place, 1));
        printf("%s%s%s%s", i > 0 ? ", " : "", json_string_value(json_array_get(place, 0)), name && name[0] ? " " : "",
            name ? name : "");
    }
}

static void
print_plugin(const json_t *p)
{
    printf("%-28.*s %-10.*s %-8.*s %-9.*s %.*s  ", SPAN_ARG(json_text(p, "id")), SPAN_ARG(json_text(p, "version")),
        SPAN_ARG(json_text(p, "state")), SPAN_ARG(json_text(p, "level")), SPAN_ARG(json_text(p, "abc")));
    print_scope(json_object_get(p, "scope"));
    if (json_object_get(p, "held"))
        printf("  (%.*s waits for consent)", SPAN_ARG(json_text(json_object_get(p, "held"), "version")));
    if (json_object_get(p, "staged"))
        printf("  (%.*s for %.*s first)", SPAN_ARG(json_text(json_object_get(p, "staged"), "version")),
            SPAN_ARG(json_text(p, "staged_group")));
    putchar('\n');
}

int
cli_plugin_list(struct task *t, int argc, char **argv)
{
    bool as_json = false;
    const struct cli_option options[] = {{"--json", NULL, &as_json}};
    const char *word;
    size_t n = 0, i;
    json_t *out = NULL, *one;
    enum err e = cli_options(t, argc, argv, options, 1, &word, 0, &n);
    if (e == E_OK)
        e = cli_plugin_ask(t, "plugin.list", task_json(t, json_object()), &out);
    if (e == E_OK && !as_json) {
        json_array_foreach(json_object_get(out, "plugins"), i, one) print_plugin(one);
        json_array_foreach(json_object_get(out, "notices"), i, one)
            printf("! %.*s\n", SPAN_ARG(json_text(one, "text")));
    }
    return cli_dataset_end(t, e, as_json, out);
}

int
cli_plugin_closure(struct task *t, int argc, char **argv)
{
    enum { IDS = 64 };
    bool as_json = false;
    const struct cli_option options[] = {{"--json", NULL, &as_json}};
    const char *words[IDS];
    size_t n = 0, i;
    json_t *out = NULL, *one, *ids = task_json(t, json_array());
    enum err e = cli_options(t, argc, argv, options, 1, words, IDS, &n);
    for (i = 0; i < n; i++)
        json_array_append_new(ids, json_string(words[i]));
    if (e == E_OK)
        e = cli_plugin_ask(t, "plugin.closure", task_json(t, json_pack("{s:O}", "ids", ids)), &out);
    if (e == E_OK && !as_json) {
        printf("%s\n", json_flag(out, "may", false) ? "These may be on together." : "These may not be on together.");
        json_array_foreach(json_object_get(out, "sentences"), i, one) printf("  - %s\n", json_string_value(one));
    }
    int status = cli_dataset_end(t, e, as_json, out);
    return status == 0 && !json_flag(out, "may", false) ? 1 : status;
}

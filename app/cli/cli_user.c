/* cli_user: accounts from the command line. */
#include "cli/cli_user.h"

#include "base/conf.h"
#include "base/json.h"
#include "cli/cli_ask_secret.h"
#include "cli/cli_dataset.h"
#include "gate/gate_client.h"

#include <stdio.h>
#include <string.h>

struct user_args {
    const char *word[3]; /* what to do, name, role */
    size_t n;
    const char *role;
    bool as_json, no_password;
};

static enum err
ask_gate(struct task *t, const char *operation, json_t *in, json_t **out)
{
    const struct gate_who me = {0};
    gate_client_as_operator();
    return gate_admin(t, &me, operation, in, out);
}

static json_t *
named(struct task *t, const char *name)
{
    json_t *in = task_json(t, json_object());
    json_object_set_new(in, "name", json_string(name));
    return in;
}

static enum err
do_list(struct task *t, const struct user_args *a, json_t **out)
{
    json_t *row;
    size_t i;
    if (ask_gate(t, "user.list", NULL, out) != E_OK || a->as_json)
        return t->err;
    json_array_foreach(json_object_get(*out, "users"), i, row)
    {
        printf("%-24.*s %-8.*s%s%s\n", SPAN_ARG(json_text(row, "name")), SPAN_ARG(json_text(row, "role")),
            json_flag(row, "has_password", false) ? "" : " no password",
            json_flag(row, "disabled", false) ? " disabled" : "");
    }
    return E_OK;
}

static enum err
put_password(struct task *t, json_t *in)
{
    struct span password;
    if (cli_ask_secret(t, "New password", true, &password) != E_OK)
        return t->err;
    json_t *text = json_stringn(password.p, password.n);
    if (!text)
        return task_fail(t, E_INVALID, "A password must be UTF-8 text.");
    json_object_set_new(in, "password", text);
    return E_OK;
}

static enum err
do_add(struct task *t, const struct user_args *a, json_t **out)
{
    json_t *in = named(t, a->word[1]);
    json_object_set_new(in, "role", json_string(a->role ? a->role : "member"));
    if (!a->no_password && put_password(t, in) != E_OK)
        return t->err;
    return ask_gate(t, "user.add", in, out);
}

static enum err
do_passwd(struct task *t, const struct user_args *a, json_t **out)
{
    json_t *in = named(t, a->word[1]);
    return put_password(t, in) == E_OK ? ask_gate(t, "user.passwd", in, out) : t->err;
}

static enum err
do_role(struct task *t, const struct user_args *a, json_t **out)
{
    json_t *in = named(t, a->word[1]);
    json_object_set_new(in, "role", json_string(a->word[2]));
    return ask_gate(t, "user.role", in, out);
}

static enum err
do_disable(struct task *t, const struct user_args *a, json_t **out)
{
    json_t *in = named(t, a->word[1]);
    json_object_set_new(in, "disabled", json_boolean(strcmp(a->word[0], "disable") == 0));
    return ask_gate(t, "user.disable", in, out);
}

static const struct {
    const char *name;
    size_t words;
    enum err (*run)(struct task *t, const struct user_args *a, json_t **out);
} commands[] = {
    {"list", 1, do_list},
    {"add", 2, do_add},
    {"passwd", 2, do_passwd},
    {"role", 3, do_role},
    {"disable", 2, do_disable},
    {"enable", 2, do_disable},
};

int
cli_user(struct task *t, int argc, char **argv)
{
    struct user_args a = {.n = 0};
    const struct cli_option options[] = {
        {"--json", NULL, &a.as_json}, {"--role", &a.role, NULL}, {"--no-password", NULL, &a.no_password}};
    json_t *out = NULL;
    enum err e;
    if (cli_options(t, argc, argv, options, sizeof options / sizeof options[0], a.word, 3, &a.n) == E_OK)
        for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
            if (a.n == commands[i].words && strcmp(a.word[0], commands[i].name) == 0) {
                e = commands[i].run(t, &a, &out);
                return cli_dataset_end(t, e, a.as_json, out);
            }
    e = task_fail(t, E_INVALID,
        "usage: lyceum user list | add NAME [--role admin|member] [--no-password] | passwd NAME | role NAME "
        "admin|member | "
        "disable NAME | enable NAME");
    cli_dataset_end(t, e, a.as_json, NULL);
    return 2;
}

int
cli_signin_link(struct task *t, int argc, char **argv)
{
    const char *name = NULL;
    bool as_json = false;
    const struct cli_option options[] = {{"--json", NULL, &as_json}};
    json_t *out = NULL;
    size_t n = 0;
    if (cli_options(t, argc, argv, options, 1, &name, 1, &n) != E_OK || n != 1) {
        cli_dataset_end(t, task_fail(t, E_INVALID, "usage: lyceum signin-link NAME"), as_json, NULL);
        return 2;
    }
    enum err e = ask_gate(t, "signin.link", named(t, name), &out);
    if (e == E_OK && !as_json)
        printf("%s%.*s\n", conf_text("http.origin"), SPAN_ARG(json_text(out, "path")));
    return cli_dataset_end(t, e, as_json, out);
}

/* cli_doctor: what is wrong with this installation, in sentences. */
#include "cli/cli_doctor.h"

#include "base/conf.h"
#include "base/log.h"
#include "gate/gate_client.h"
#include "policy/grant.h"
#include "sandbox/jail.h"
#include "wire/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pwd.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct checkup {
    struct task *t;
    int right, wrong, unseen; /* unseen: only root can look */
};

static void say(struct checkup *c, bool ok, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void
say(struct checkup *c, bool ok, const char *fmt, ...)
{
    va_list ap;
    if (ok)
        c->right++;
    else
        c->wrong++;
    printf("%s ", ok ? "ok   " : "WRONG");
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
}

static const struct {
    const char *path, *owner, *group; /* suffixes of our users; NULL: root */
    mode_t mode;
} folders[] = {
    {"authority", "gate", "gate", 0700},
    {"public", NULL, "pub", 02770},
    {"private", NULL, "priv", 02770},
    {"followers", "effect", "query", 0750},
    {"scratch", "effect", "query", 0750},
    {"leaders", "effect", "effect", 0700},
    {"spool", NULL, "spool", 02770},
    {"secrets", "egress", "egress", 0700},
    {"plugins", NULL, NULL, 0755},
    {"share", NULL, "ipc", 01775},
    {"run", NULL, NULL, 0755},
};

static bool
owned_by(struct task *t, uid_t uid, const char *suffix)
{
    if (!suffix)
        return uid == 0;
    const struct passwd *p = getpwnam(task_printf(t, "%s%s", conf_text("user.prefix"), suffix));
    return p && p->pw_uid == uid;
}

static void
check_folders(struct checkup *c)
{
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const char *path = conf_path(c->t, folders[i].path);
        struct stat st;
        if (stat(path, &st) != 0) {
            say(c, false, "The folder %s can't be seen: %s. Run deploy/up.", path, strerror(errno));
            continue;
        }
        bool mode = (st.st_mode & 07777) == folders[i].mode;
        bool owner = owned_by(c->t, st.st_uid, folders[i].owner);
        if (mode && owner)
            say(c, true, "The folder %s has its owner and mode.", path);
        else
            say(c, false, "The folder %s has mode %04o%s; it should have %04o and belong to %s%s. Run deploy/up.", path,
                (unsigned)(st.st_mode & 07777), owner ? "" : " and another owner", (unsigned)folders[i].mode,
                folders[i].owner ? conf_text("user.prefix") : "", folders[i].owner ? folders[i].owner : "root");
    }
}

static const struct {
    const char *socket, *does;
} services[] = {
    {"gate.sock", "the authority (lyceum-gate)"},
    {"gate-web.sock", "sign-in (lyceum-gate)"},
    {"query.sock", "table pages (lyceum-query)"},
    {"query-sql.sock", "statements (lyceum-query)"},
    {"effect.sock", "publishing (lyceum-effect)"},
    {"effect-try.sock", "dry runs and scratch tables (lyceum-effect)"},
    {"egress.sock", "model providers (lyceum-egress)"},
    {"plugin.sock", "plugins (lyceum-plugin)"},
    {"stream.sock", "live answers (lyceum-stream)"},
    {"stream-in.sock", "live answers, the agents' side (lyceum-stream)"},
    {"agent-public.sock", "questions over public data (lyceum-agent public)"},
    {"agent-private.sock", "questions over private data (lyceum-agent private)"},
    {"web.sock", "pages (lyceum-web)"},
};

static void
check_services(struct checkup *c)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        int fd = -1;
        const char *path = conf_path(c->t, task_printf(c->t, "run/%s", services[i].socket));
        if (sock_connect(c->t, path, services[i].does, &fd) == E_OK) {
            close(fd);
            say(c, true, "The service for %s listens.", services[i].does);
        } else if (c->t->err == E_DENIED) {
            c->unseen++; /* nginx's sockets are for nginx and root */
            task_clear_error(c->t);
        } else {
            say(c, false, "Nothing answers for %s at %s. Its log is in %s.", services[i].does, path,
                conf_path(c->t, "log"));
            task_clear_error(c->t);
        }
    }
}

static void
check_nginx(struct checkup *c)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)conf_int("http.port"))};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a) == 0;
    if (fd >= 0)
        close(fd);
    if (ok)
        say(c, true, "nginx listens on port %d.", (int)conf_int("http.port"));
    else
        say(c, false, "Nothing listens on port %d of loopback: nginx does not run. Try: nginx -t -c %s",
            (int)conf_int("http.port"), conf_path(c->t, "nginx/nginx.conf"));
}

static void
check_disk(struct checkup *c)
{
    struct statvfs v;
    if (statvfs(conf_text("state"), &v) != 0) {
        say(c, false, "The state folder %s can't be seen: %s. Run deploy/up.", conf_text("state"), strerror(errno));
        return;
    }
    double gib = (double)v.f_bavail * (double)v.f_frsize / (1024.0 * 1024 * 1024);
    say(c, gib >= 0.5, "%.1f GiB of disk are free where the state is.%s", gib,
        gib >= 0.5 ? "" : " Below half a GiB publishing and conversations may fail: free some.");
}

static void
check_authority(struct checkup *c)
{
    struct gate_who who = {0};
    struct gate_actor actor;
    json_t *catalogue = NULL;
    if (gate_catalogue(c->t, &who, &actor, &catalogue) != E_OK) {
        say(c, false, "The authority does not answer a question: %s", c->t->cause);
        task_clear_error(c->t);
        return;
    }
    size_t datasets = json_array_size(json_object_get(catalogue, "datasets"));
    size_t models = json_array_size(json_object_get(catalogue, "models"));
    say(c, true, "The authority answers: %zu datasets, %zu models (the guide counted).", datasets, models);
}

static void
check_key(struct checkup *c)
{
    unsigned char key[GRANT_KEY_BYTES];
    if (grant_key_read_public(c->t, "gate", key) == E_OK) {
        say(c, true, "The authority's public key can be read.");
    } else {
        say(c, false, "%s", c->t->cause);
        task_clear_error(c->t);
    }
}

static void
check_jail(struct checkup *c)
{
    struct span weaker = sandbox_weaker(c->t), gaps = sandbox_gaps(c->t);
    if (weaker.n > 0)
        say(c, !conf_flag("jail.require_landlock"), "%.*s", SPAN_ARG(weaker));
    else
        say(c, true, "The kernel gives the jail (Landlock, seccomp).%s%.*s", gaps.n > 0 ? " " : "", SPAN_ARG(gaps));
}

static int
print_jail(struct task *t)
{
    struct span weaker = sandbox_weaker(t);
    if (weaker.n > 0)
        printf("%.*s\n", SPAN_ARG(weaker));
    return weaker.n > 0 ? 1 : 0;
}

int
cli_doctor(struct task *t, int argc, char **argv)
{
    struct checkup c = {.t = t};
    if (argc == 2 && strcmp(argv[1], "--jail") == 0)
        return print_jail(t);
    if (argc != 1) {
        fprintf(stderr, "usage: lyceum doctor [--jail]\n");
        return 2;
    }
    printf("Lyceum %s with SQLite %s, state in %s\n", LYCEUM_VERSION, sqlite3_libversion(), conf_text("state"));
    check_jail(&c);
    check_disk(&c);
    if (geteuid() == 0)
        check_folders(&c);
    check_key(&c);
    check_services(&c);
    check_authority(&c);
    check_nginx(&c);
    if (c.unseen > 0)
        printf("Only root can see %d of the services: sudo checks them too.\n", c.unseen);
    printf("%d checks, %d wrong\n", c.right + c.wrong, c.wrong);
    return c.wrong > 0 ? 1 : 0;
}

/* The value given by a --set for this key, or NULL. */
static const char *
chosen(int argc, char **argv, const char *name)
{
    size_t n = strlen(name);
    for (int i = 2; i + 1 < argc; i += 2)
        if (strncmp(argv[i + 1], name, n) == 0 && argv[i + 1][n] == '=')
            return argv[i + 1] + n + 1;
    return NULL;
}

static void
print_key(const struct conf_key *k, struct span name, const char *indent, const char *value)
{
    const char *text = value ? value : k->fallback;
    const char *quote = k->kind == CONF_TEXT ? "\"" : "";
    printf("\n%s# %s\n", indent, k->about);
    if (k->kind == CONF_INT)
        printf("%s# From %lld to %lld.\n", indent, (long long)k->low, (long long)k->high);
    printf("%s%s%.*s = %s%s%s%s;\n", indent, value ? "" : "# ", SPAN_ARG(name), quote, text, quote,
        k->kind == CONF_INT && strlen(text) > 9 ? "L" : "");
}

int
cli_conf(struct task *t, int argc, char **argv)
{
    (void)t;
    bool ok = argc >= 2 && strcmp(argv[1], "example") == 0 && argc % 2 == 0;
    for (int i = 2; ok && i < argc; i += 2)
        ok = strcmp(argv[i], "--set") == 0;
    if (!ok) {
        fprintf(stderr, "usage: lyceum conf example [--set NAME=VALUE ...]\n");
        return 2;
    }
    printf("# lyceum.conf: all settings with their defaults; take the # away before one to change it. Texts stand in "
           "double\n"
           "# quotes. LYCEUM_<GROUP>_<NAME> in the environment overrides the file. Restart the services after a "
           "change.\n");
    size_t n;
    const struct conf_key *keys = conf_keys(&n);
    struct span open = SPAN_NONE;
    for (size_t i = 0; i < n; i++) {
        struct span name = span_of(keys[i].name), group = SPAN_NONE;
        if (span_has(name, '.'))
            span_cut(&name, '.', &group);
        if (open.p && !span_eq(open, group))
            printf("};\n");
        if (group.p && !span_eq(open, group))
            printf("\n%.*s: {", SPAN_ARG(group));
        open = group;
        print_key(&keys[i], name, group.p ? "    " : "", chosen(argc, argv, keys[i].name));
    }
    if (open.p)
        printf("};\n");
    return 0;
}

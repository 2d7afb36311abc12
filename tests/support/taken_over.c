/* taken_over: what an attacker has who runs code as one of our users: sockets, bytes, arithmetic, and files of that
 * user. It obeys lines on standard input and answers each with one line; what is sent is decided by
 * tests/flow/taken-over.mjs. open PATH -> number        send N HEX -> ok        pass N HEX FILE -> ok (with the file's
 * descriptor) recv N MS -> a frame in hex, "eof" or "silent"     shut N -> ok many PATH COUNT HEX -> how many
 * connections were opened, sent to and kept       drop -> ok (closes those) hash HEX,HEX,.. -> the hash that binds a
 * call's arguments rows FILE HEX -> rows of a statement: cells in hex with commas between, rows with spaces */
#include "base/id.h"
#include "policy/grant.h"
#include "wire/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_BYTES = 48 << 20, REPLY_BYTES = 16 << 20, CALL_MS = 60000, MANY = 20000 };

static int many_fds[MANY];
static size_t many_n;

static struct span
unhex(struct task *t, struct span hex)
{
    char *out = task_alloc(t, hex.n / 2 + 1);
    return hex_get(hex, out, hex.n / 2) ? (struct span){out, hex.n / 2} : SPAN_NONE;
}

static void
say_hex(struct task *t, struct span s)
{
    struct buf *b = task_buf(t, s.n * 2 + 1);
    hex_put(b, s.p, s.n);
    printf("%.*s", (int)b->n, b->n ? b->p : "");
}

static int
number(struct span s)
{
    int64_t n = -1;
    return span_i64(s, &n) ? (int)n : -1;
}

static void
do_open(struct task *t, struct span *a)
{
    int fd = -1;
    if (sock_connect(t, task_z(t, a[0]), "attacked", &fd) == E_OK)
        printf("%d", fd);
    else
        printf("error %s", t->cause);
}

static void
do_send(struct task *t, struct span *a)
{
    printf("%s", sock_send(t, number(a[0]), unhex(t, a[1])) == E_OK ? "ok" : "gone");
}

static void
do_pass(struct task *t, struct span *a)
{
    int fd = open(task_z(t, a[2]), O_RDONLY | O_CLOEXEC);
    printf("%s", fd >= 0 && sock_send_fd(t, number(a[0]), unhex(t, a[1]), fd) == E_OK ? "ok" : "gone");
    if (fd >= 0)
        close(fd);
}

static void
do_recv(struct task *t, struct span *a)
{
    struct buf *in = task_buf(t, REPLY_BYTES);
    int fd = number(a[0]);
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (n == 0) {
        char *to = buf_room(in, 65536);
        if (!to || poll(&p, 1, number(a[1])) <= 0) {
            printf("silent");
            return;
        }
        ssize_t r = recv(fd, to, 65536, 0);
        if (r <= 0 || (in->n += (size_t)r, frame_size(t, buf_view(in), REPLY_BYTES, &n) != E_OK)) {
            printf("eof");
            return;
        }
    }
    say_hex(t, span_first(buf_view(in), n));
}

static void
do_shut(struct task *t, struct span *a)
{
    (void)t;
    close(number(a[0]));
    printf("ok");
}

static void
do_many(struct task *t, struct span *a)
{
    struct span bytes = unhex(t, a[2]);
    size_t made = 0, want = (size_t)number(a[1]);
    for (; made < want && many_n < MANY; made++) {
        int fd = -1;
        if (sock_connect(t, task_z(t, a[0]), "attacked", &fd) != E_OK)
            break;
        (void)send(fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        many_fds[many_n++] = fd;
    }
    printf("%zu", made);
}

static void
do_drop(struct task *t, struct span *a)
{
    (void)t;
    (void)a;
    while (many_n > 0)
        close(many_fds[--many_n]);
    printf("ok");
}

static void
do_hash(struct task *t, struct span *a)
{
    struct span fields[64], one;
    size_t n = 0;
    while (n < 64 && span_cut(&a[0], ',', &one))
        fields[n++] = unhex(t, one);
    say_hex(t, grant_args_hash(t, fields, n));
}

static void
do_rows(struct task *t, struct span *a)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    struct span sql = unhex(t, a[1]);
    int rc = sqlite3_open_v2(task_z(t, a[0]), &db, SQLITE_OPEN_READWRITE, NULL);
    sqlite3_busy_timeout(db, 5000);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, sql.p, (int)sql.n, &st, NULL);
    for (bool first = true; rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW; rc = SQLITE_OK, first = false)
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            printf("%s", i > 0 ? "," : first ? "" : " ");
            say_hex(t, (struct span){sqlite3_column_blob(st, i), (size_t)sqlite3_column_bytes(st, i)});
        }
    if (rc != SQLITE_DONE && rc != SQLITE_OK)
        printf("error %s", sqlite3_errmsg(db));
    sqlite3_finalize(st);
    sqlite3_close(db);
}

static const struct {
    const char *word;
    void (*fn)(struct task *t, struct span *a);
} words[] = {{"open", do_open}, {"send", do_send}, {"pass", do_pass}, {"recv", do_recv}, {"shut", do_shut},
    {"many", do_many}, {"drop", do_drop}, {"hash", do_hash}, {"rows", do_rows}};

static void
obey(struct span line)
{
    struct task t;
    struct span word, a[3] = {SPAN_NONE, SPAN_NONE, SPAN_NONE};
    task_begin(&t, CALL_MS);
    t.limit_bytes = (size_t)LINE_BYTES * 4;
    span_cut(&line, ' ', &word);
    for (size_t i = 0; i < 3 && span_cut(&line, ' ', &a[i]); i++)
        continue;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (span_is(word, words[i].word))
            words[i].fn(&t, a);
    printf("\n");
    fflush(stdout);
    task_end(&t);
}

int
main(void)
{
    struct rlimit r = {0, 0};
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    id_init();
    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    while ((n = getline(&line, &room, stdin)) > 0)
        obey(span_trim((struct span){line, (size_t)n}));
    free(line);
    return 0;
}

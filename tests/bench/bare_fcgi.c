/* bare_fcgi: the measure for the table page: libfcgi, the same statement, the same bytes, and nothing else.
 * usage: bare_fcgi SOCKET DATABASE SQL PAGE-FILE WORKERS */
#include <fcgiapp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int
listen_on(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(path);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof a) != 0 || chmod(path, 0777) != 0 ||
        listen(fd, 4096) != 0) {
        perror(path);
        exit(1);
    }
    return fd;
}

static char *
slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0) {
        perror(path);
        exit(1);
    }
    char *p = malloc((size_t)st.st_size + 1);
    *n = p ? fread(p, 1, (size_t)st.st_size, f) : 0;
    fclose(f);
    return p;
}

/* Reads each value as a page must, so that SQLite does the whole work. */
static size_t
run(sqlite3_stmt *st)
{
    size_t sum = 0;
    while (sqlite3_step(st) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            const unsigned char *text = sqlite3_column_text(st, i);
            sum += text ? (size_t)sqlite3_column_bytes(st, i) + text[0] : 1;
        }
    sqlite3_reset(st);
    return sum;
}

static void
serve(int fd, const char *db_path, const char *sql, const char *page, size_t n)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    char uri[1024];
    snprintf(uri, sizeof uri, "file:%s?immutable=1", db_path);
    if (sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA mmap_size=1073741824", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", db_path, sqlite3_errmsg(db));
        exit(1);
    }
    FCGX_Request r;
    FCGX_Init();
    FCGX_InitRequest(&r, fd, 0);
    while (FCGX_Accept_r(&r) == 0) {
        if (run(st) == 0)
            exit(2);
        FCGX_PutS("Content-Type: text/html; charset=utf-8\r\n\r\n", r.out);
        FCGX_PutStr(page, (int)n, r.out);
        FCGX_Finish_r(&r);
    }
}

int
main(int argc, char **argv)
{
    if (argc != 6)
        return fprintf(stderr, "usage: bare_fcgi SOCKET DATABASE SQL PAGE-FILE WORKERS\n"), 2;
    size_t n = 0;
    int fd = listen_on(argv[1]);
    const char *page = slurp(argv[4], &n);
    for (long i = strtol(argv[5], NULL, 10); i > 0; i--)
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(fd, argv[2], argv[3], page, n);
            return 1;
        }
    while (wait(NULL) > 0)
        ;
    return 0;
}

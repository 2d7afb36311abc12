/* loopback: a small HTTP server for tests: one process for each connection, a script for each path. Included by one
 * test. */
#ifndef SUPPORT_LOOPBACK_H
#define SUPPORT_LOOPBACK_H

#include "base/must.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct loopback {
    int port;
    int tells; /* read end of a pipe: a line for what a script saw */
    pid_t pid;
};

static int loopback_tell;

static void
loopback_send(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
        if (w <= 0)
            _exit(0);
        p += w;
        n -= (size_t)w;
    }
}

static void
loopback_say(int fd, const char *z)
{
    loopback_send(fd, z, strlen(z));
}

static void
loopback_note(const char *line)
{
    must(write(loopback_tell, line, strlen(line)) == (ssize_t)strlen(line));
}

/* Until the peer is gone. */
static void
loopback_wait(int fd)
{
    char c[4096];
    while (recv(fd, c, sizeof c, 0) > 0)
        ;
}

/* The scripts --------------------------------------------------------------------------------------------------------
 */

static void
script_echo(int fd, const char *request, size_t n)
{
    char head[128];
    snprintf(head, sizeof head,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a=b\r\nContent-Length: %zu\r\n\r\n", n);
    loopback_say(fd, head);
    loopback_send(fd, request, n);
}

static void
script_chunked(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    loopback_say(fd, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char *z = "abcdef"; *z; z++) {
        char chunk[16];
        snprintf(chunk, sizeof chunk, "1\r\n%c\r\n", *z);
        loopback_say(fd, chunk);
    }
    loopback_say(fd, "0\r\nTrailer-Line: x\r\n\r\n");
}

static void
script_redirect(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    loopback_say(fd, "HTTP/1.1 302 Found\r\nLocation: /echo\r\nContent-Length: 5\r\n\r\nmoved");
}

static void
script_slow(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    loopback_wait(fd);
    loopback_note("slow: gone\n");
}

static void
script_stall(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    loopback_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin");
    loopback_wait(fd);
    loopback_note("stall: gone\n");
}

static void
script_cut(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    loopback_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin");
}

static void
script_cut_chunk(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    loopback_say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n100\r\nhalf");
}

static void
script_reset(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    struct linger now = {1, 0};
    loopback_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin");
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void
script_nothing(int fd, const char *request, size_t n)
{
    (void)fd;
    (void)request;
    (void)n;
}

static void
script_noise(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    loopback_say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
    loopback_wait(fd);
}

static void
script_huge(int fd, const char *request, size_t n)
{
    static char block[65536];
    (void)request;
    (void)n;
    memset(block, 'h', sizeof block);
    loopback_say(fd, "HTTP/1.1 200 OK\r\n\r\n");
    for (;;)
        loopback_send(fd, block, sizeof block);
}

static void
script_headers(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    loopback_say(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 1000; i++)
        loopback_say(fd, "X-More: and more\r\n");
    loopback_say(fd, "\r\n");
    loopback_wait(fd);
}

static void
script_gzip(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    static const char hello[] =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00";
    loopback_say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n");
    loopback_send(fd, hello, sizeof hello - 1);
}

static void
script_bad_gzip(int fd, const char *request, size_t n)
{
    (void)request;
    (void)n;
    loopback_say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\nnot packed..");
}

/* 24 MB; notes when the other side has stopped taking them. */
static void
script_flood(int fd, const char *request, size_t n)
{
    enum { BYTES = 24 << 20, PATIENCE_MS = 1500 };
    static char block[65536];
    (void)request;
    (void)n;
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)('a' + i % 26);
    char head[128];
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BYTES);
    loopback_say(fd, head);
    size_t sent = 0;
    bool noted = false;
    while (sent < BYTES) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        if (poll(&p, 1, noted ? -1 : PATIENCE_MS) == 0) {
            loopback_note("flood: blocked\n");
            noted = true;
            continue;
        }
        ssize_t w =
            send(fd, block + sent % sizeof block, sizeof block - sent % sizeof block, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (w < 0 && errno != EAGAIN)
            _exit(0);
        sent += w > 0 ? (size_t)w : 0;
    }
    if (!noted)
        loopback_note("flood: never blocked\n");
}

static const struct {
    const char *path;
    void (*fn)(int fd, const char *request, size_t n);
} loopback_scripts[] = {
    {"/echo", script_echo},
    {"/chunked", script_chunked},
    {"/redirect", script_redirect},
    {"/slow", script_slow},
    {"/stall", script_stall},
    {"/cut", script_cut},
    {"/cut-chunk", script_cut_chunk},
    {"/reset", script_reset},
    {"/nothing", script_nothing},
    {"/noise", script_noise},
    {"/huge", script_huge},
    {"/headers", script_headers},
    {"/gzip", script_gzip},
    {"/bad-gzip", script_bad_gzip},
    {"/flood", script_flood},
};

/* Reads one request whole (its Content-Length says how much), then plays its script once and closes. */
static void
loopback_serve(int fd)
{
    static char request[1 << 16];
    size_t n = 0;
    char *end = NULL;
    while (!end) {
        ssize_t r = recv(fd, request + n, sizeof request - 1 - n, 0);
        if (r <= 0)
            _exit(0);
        n += (size_t)r;
        request[n] = '\0';
        if (request[0] == 0x16) { /* TLS, which nobody speaks here */
            loopback_say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
            _exit(0);
        }
        end = strstr(request, "\r\n\r\n");
    }
    const char *length = strcasestr(request, "\r\nContent-Length: ");
    size_t want = (size_t)(end + 4 - request) + (length ? strtoul(length + 18, NULL, 10) : 0);
    while (n < want) {
        ssize_t r = recv(fd, request + n, sizeof request - 1 - n, 0);
        if (r <= 0)
            _exit(0);
        n += (size_t)r;
    }
    const char *path = strchr(request, ' ');
    size_t path_n = path ? strcspn(path + 1, " ?") : 0;
    for (size_t i = 0; path && i < sizeof loopback_scripts / sizeof loopback_scripts[0]; i++)
        if (strlen(loopback_scripts[i].path) == path_n && strncmp(loopback_scripts[i].path, path + 1, path_n) == 0)
            loopback_scripts[i].fn(fd, request, n);
    close(fd);
    _exit(0);
}

static void
loopback_start(struct loopback *l)
{
    int tell[2];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (const struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 64) == 0);
    must(getsockname(fd, (struct sockaddr *)&a, &n) == 0 && pipe2(tell, O_CLOEXEC) == 0);
    l->port = ntohs(a.sin_port);
    l->tells = tell[0];
    loopback_tell = tell[1];
    l->pid = fork();
    must(l->pid >= 0);
    if (l->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        for (;;) {
            int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
            if (c >= 0 && fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                loopback_serve(c);
            }
            if (c >= 0)
                close(c);
        }
    }
    close(fd);
    close(tell[1]);
}

static void
loopback_stop(struct loopback *l)
{
    kill(l->pid, SIGKILL);
    waitpid(l->pid, NULL, 0);
    close(l->tells);
}

#endif

/* cli_box_doctor: what this machine gives the sandbox, in sentences, and whether it works. */
#include "cli/cli_box_priv.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct checks {
    struct task *t;
    int right, wrong;
};

static void
say(struct checks *c, bool ok, struct span sentence)
{
    if (ok)
        c->right++;
    else
        c->wrong++;
    printf("%s %.*s\n", ok ? "ok   " : "WRONG", SPAN_ARG(sentence));
}

/* What a box must be able to do: each line of Python prints True. */
static const struct {
    const char *code, *about;
} probes[] = {
    {"6 * 7 == 42", "Python runs in a box."},
    {"import json, re, math, statistics, csv, datetime, decimal, fractions, dataclasses, zoneinfo, hashlib, tomllib, "
     "unicodedata\nimport xml.etree.ElementTree\nTrue",
        "The library is there: json, re, statistics, csv, decimal, ElementTree, hashlib and others."},
    {"import decimal\nstr(decimal.Decimal(1) / 7)[:8] == '0.142857'", "Decimal numbers are right."},
    {"open('/work/a', 'w').write('x' * 5000) == 5000 and len(open('/work/a').read()) == 5000",
        "Files can be written and read in /work."},
    {"def go(n): return go(n + 1)\ntry: go(0)\nexcept RecursionError: ok = True\nok",
        "Endless recursion is an exception."},
    {"try: x = 'x' * (1 << 30)\nexcept MemoryError: ok = True\nok", "Too much memory is an exception."},
    {"try:\n import socket\nexcept ImportError: ok = True\nok", "There are no sockets."},
};

static void
check_probes(struct checks *c, struct box_host *h)
{
    struct box box;
    if (box_open(c->t, h, box_limits_default(), NULL, &box) != E_OK) {
        say(c, false, span_of(c->t->cause));
        return;
    }
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        struct box_result r;
        bool ok = box_run(c->t, &box, span_of(probes[i].code), NULL, &r) == E_OK && span_is(r.value, "True");
        say(c, ok,
            ok ? span_of(probes[i].about)
               : task_format(c->t, "Not so: %s %.*s %.*s", probes[i].about, SPAN_ARG(r.sentence), SPAN_ARG(r.error)));
    }
    box_close(&box);
}

/* A run that never ends: it is stopped, and what was there before is still there. */
static void
check_time(struct checks *c, struct box_host *h)
{
    struct box box;
    struct box_result r;
    struct box_limits limits = box_limits_default();
    limits.timeout_ms = 100;
    if (box_open(c->t, h, limits, NULL, &box) != E_OK) {
        say(c, false, span_of(c->t->cause));
        return;
    }
    bool ok = box_run(c->t, &box, SPAN("kept = 41"), NULL, &r) == E_OK &&
              box_run(c->t, &box, SPAN("while True: pass"), NULL, &r) == E_OK && r.end == BOX_TIMED_OUT;
    say(c, ok, ok ? SPAN("A run past its time is stopped.") : SPAN("A run past its time is not stopped."));
    ok = box_run(c->t, &box, SPAN("kept + 1 == 42"), NULL, &r) == E_OK && span_is(r.value, "True");
    say(c, ok, ok ? SPAN("What it had before is kept.") : SPAN("What it had before is lost."));
    struct image im;
    ok = box_checkpoint(c->t, &box, &im) == E_OK;
    say(c, ok, ok ? SPAN("The memory of a box can be saved (checkpoints).") : span_of(c->t->cause));
    if (ok)
        image_close(&im);
    box_close(&box);
}

int
cli_box_doctor(struct task *t, int argc, char **argv)
{
    struct checks c = {.t = t};
    struct place place;
    struct box_host host;
    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: lyceum box doctor\n");
        return 2;
    }
    if (place_find(t, &place) != E_OK) {
        say(&c, false, span_of(t->cause));
        return 1;
    }
    say(&c, true, task_format(t, "The interpreter is in %s.", place.folder));
    if (box_host_open(t, &place, &host) != E_OK) {
        say(&c, false, span_of(t->cause));
        return 1;
    }
    say(&c, true,
        task_format(t, "The zygote was ready after %.1f ms; build %s.", (double)host.boot_us / 1000, host.build));
    say(&c, strncmp(host.isolation, "no ", 3) != 0,
        task_format(t, "Boxes are kept in by: system call list, memory and time limits; %s.", host.isolation));
    check_probes(&c, &host);
    check_time(&c, &host);
    box_host_close(&host);
    bool kvm = access("/dev/kvm", R_OK | W_OK) == 0;
    printf("note  Tier V (a virtual machine for each box) is not built in; /dev/kvm is %s on this machine.\n",
        kvm ? "there" : "not there");
    printf("%d checks, %d wrong\n", c.right + c.wrong, c.wrong);
    return c.wrong > 0 ? 1 : 0;
}

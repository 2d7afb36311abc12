/* fuzz: lyc_gate */
/* fuzz_gate: whole requests on gate's socket, tickets and administration among them, against a real authority. */
#include "base/conf.h"
#include "base/id.h"
#include "gate/server.h"
#include "wire/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gate *
a_gate(void)
{
    static struct gate g;
    static bool ready;
    static struct task t;
    char folder[] = "/tmp/lyceum-fuzz-gate-XXXXXX";
    if (ready)
        return &g;
    id_init();
    task_begin(&t, 0);
    if (!mkdtemp(folder) || setenv("LYCEUM_STATE", folder, 1) != 0 || conf_load(&t) != E_OK)
        abort();
    mkdir(conf_path(&t, "share"), 0755);
    mkdir(conf_path(&t, "authority"), 0755);
    if (gate_prepare(&t, &g) != E_OK || gate_open(&t, &g) != E_OK) {
        fprintf(stderr, "%s\n", t.cause);
        abort();
    }
    ready = true;
    return &g;
}

/* The first byte chooses who asks. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const roles[] = {"web", "operator", "agentpub", NULL};
    struct task t;
    struct frame f;
    struct gate *g = a_gate();
    if (size < 1)
        return 0;
    task_begin(&t, 5000);
    if (frame_parse(&t, (struct span){(const char *)data + 1, size - 1}, &f) == E_OK) {
        struct buf *out = task_buf(&t, 1 << 24);
        server_answer(&t, g, roles[data[0] % 4], &f, out);
    }
    task_end(&t);
    return 0;
}

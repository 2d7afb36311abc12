/* lyceum-plugin: runs plugins' tools, each in a jail of its own. */
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "base/stop.h"
#include "plugin/host.h"

int
main(void)
{
    struct task t;
    id_init();
    log_name("lyceum-plugin");
    stop_block();
    task_begin(&t, 0);
    enum err e = conf_load(&t) == E_OK ? host_service_run(&t) : t.err;
    if (e != E_OK)
        log_line(NULL, "%s", t.cause);
    task_end(&t);
    return e == E_OK ? 0 : 1;
}

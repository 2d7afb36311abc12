/* lyceum-query: reads followers, for our own statements and for everybody else's. */
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "query/service.h"

int
main(void)
{
    struct task t;
    id_init();
    log_name("lyceum-query");
    task_begin(&t, 0);
    int status = conf_load(&t) == E_OK ? query_service_run(&t) : 1;
    if (t.err != E_OK)
        log_line(&t, "%s", t.cause);
    task_end(&t);
    return status;
}

/* lyceum-zygote: boots the sandbox's Python once and forks boxes from itself. Started by the sandbox's supervisor. */
#include "base/id.h"
#include "base/log.h"
#include "box/zygote.h"

int
main(int argc, char **argv)
{
    id_init();
    log_name("lyceum-zygote");
    return zygote_main(argc, argv);
}

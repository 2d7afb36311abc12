/* worker_signal: SIGALRM stops a run and keeps its state; SIGSEGV ends a worker and says why. */
#include "box/worker_priv.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SIGNAL_STACK_BYTES = 65536, GUARD_BYTES = 1 << 20 };

static uintptr_t stack_low, stack_high; /* the native stack with its guard */

/* The signal carries the number of the run it is for: one that comes late finds another, and does nothing. */
static void
on_alarm(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    int before = errno;
    if (info->si_code == SI_QUEUE && info->si_value.sival_int != 0 && info->si_value.sival_int == worker_running())
        worker_interrupt();
    errno = before;
}

/* Translated code that leaves its memory meets pages without access: that is its check. */
static void
on_fault(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    uintptr_t at = (uintptr_t)info->si_addr;
    if (at >= BOX_MEMORY_AT && at - BOX_MEMORY_AT < BOX_MEMORY_RESERVE)
        worker_trap(BOX_TRAP_MEMORY);
    if (at >= stack_low && at < stack_high)
        worker_trap(BOX_TRAP_STACK);
    worker_trap(BOX_TRAP_UNREACHABLE);
}

enum err
worker_signals(struct task *t, struct worker *w)
{
    struct rlimit stack = {8 << 20, 8 << 20};
    (void)w;
    getrlimit(RLIMIT_STACK, &stack);
    stack_high = (uintptr_t)__builtin_frame_address(0);
    stack_low = stack_high - (uintptr_t)stack.rlim_cur - GUARD_BYTES;
    void *at = mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t other = {.ss_sp = at, .ss_size = SIGNAL_STACK_BYTES};
    /* An alarm runs on the other stack too: the guest's may be nearly used up. */
    struct sigaction alarm = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    if (at == MAP_FAILED || sigaltstack(&other, NULL) != 0 || sigaction(SIGALRM, &alarm, NULL) != 0 ||
        sigaction(SIGSEGV, &fault, NULL) != 0 || sigaction(SIGBUS, &fault, NULL) != 0)
        return task_fail(t, E_UNAVAILABLE, "The sandbox's signals can't be set: %s.", strerror(errno));
    return E_OK;
}

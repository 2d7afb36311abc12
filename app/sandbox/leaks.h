/* leaks: sanitizer builds look for leaks in a process of their own when a service ends. */
#ifndef SANDBOX_LEAKS_H
#define SANDBOX_LEAKS_H

/* From now on, exit() of this process (not of its children) has its leaks looked for in a forked copy, and ends with
 * the copy's status when that found some. Nothing in other builds.
 *
 * The leak check stops the process with PTRACE_ATTACH, whose SIGSTOP any SIGCONT takes back: then it waits for ever.
 * runsv and systemd send SIGCONT right behind SIGTERM, to the process that they know, never to its children. Call it
 * once, with one thread; a copy of a process with several could not look at the others' stacks. */
void leaks_apart(void);

#endif

/* zygote: a process that has booted Python once and forks a box from itself whenever it is asked. */
#ifndef BOX_ZYGOTE_H
#define BOX_ZYGOTE_H

/* argv: program, folder of the interpreter, file of the base image ("" for none: boot, and save nothing). Descriptor 3
 * is the supervisor's socket. Returns the program's exit status. */
int zygote_main(int argc, char **argv);

#endif

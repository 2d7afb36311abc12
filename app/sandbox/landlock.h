/* landlock: Landlock's interface as of version 7, whatever the build machine's headers know. */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { LANDLOCK_NEWEST = 7 };

/* Rights on files, in the order of versions 1, 2 (refer), 3 (truncate), 5 (ioctl on devices). */
#define LL_EXECUTE (UINT64_C(1) << 0)
#define LL_WRITE_FILE (UINT64_C(1) << 1)
#define LL_READ_FILE (UINT64_C(1) << 2)
#define LL_READ_DIR (UINT64_C(1) << 3)
#define LL_REMOVE_DIR (UINT64_C(1) << 4)
#define LL_REMOVE_FILE (UINT64_C(1) << 5)
#define LL_MAKE_DIR (UINT64_C(1) << 7)
#define LL_MAKE_REG (UINT64_C(1) << 8)
#define LL_MAKE_SYM (UINT64_C(1) << 12)
#define LL_REFER (UINT64_C(1) << 13)
#define LL_TRUNCATE (UINT64_C(1) << 14)

#define LL_READ (LL_READ_FILE | LL_READ_DIR)
#define LL_WRITE                                                                                                       \
    (LL_READ | LL_WRITE_FILE | LL_REMOVE_DIR | LL_REMOVE_FILE | LL_MAKE_DIR | LL_MAKE_REG | LL_MAKE_SYM | LL_REFER |   \
        LL_TRUNCATE)
#define LL_RUN (LL_READ | LL_EXECUTE)
#define LL_OF_A_FILE (LL_READ_FILE | LL_WRITE_FILE | LL_TRUNCATE | LL_EXECUTE)

/* The version of the running kernel, 0 without Landlock. */
int landlock_abi(void);
/* A ruleset that handles all that this version can; -1 with errno. network: leave TCP alone. */
int landlock_open(int abi, bool network);
/* Allows rights beneath what fd names. */
bool landlock_allow(int ruleset, int abi, int fd, bool folder, uint64_t rights);
bool landlock_enter(int ruleset);

#endif

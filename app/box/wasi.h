/* wasi: the numbers of WASI preview 1 that the shims use. */
#ifndef BOX_WASI_H
#define BOX_WASI_H

enum wasi_errno {
    WASI_OK = 0,
    WASI_BADF = 8,
    WASI_EXIST = 20,
    WASI_FAULT = 21,
    WASI_FBIG = 22,
    WASI_INVAL = 28,
    WASI_IO = 29,
    WASI_ISDIR = 31,
    WASI_MFILE = 33,
    WASI_NAMETOOLONG = 37,
    WASI_NOENT = 44,
    WASI_NOSPC = 51,
    WASI_NOSYS = 52,
    WASI_NOTDIR = 54,
    WASI_NOTEMPTY = 55,
    WASI_ROFS = 69,
    WASI_SPIPE = 70,
    WASI_XDEV = 75,
};

enum wasi_filetype { WASI_CHARACTER_DEVICE = 2, WASI_DIRECTORY = 3, WASI_REGULAR_FILE = 4 };
enum wasi_oflags { WASI_O_CREAT = 1, WASI_O_DIRECTORY = 2, WASI_O_EXCL = 4, WASI_O_TRUNC = 8 };
enum { WASI_FD_APPEND = 1 };
enum { WASI_RIGHT_READ = 1 << 1, WASI_RIGHT_WRITE = 1 << 6 };
enum wasi_whence { WASI_SEEK_SET, WASI_SEEK_CUR, WASI_SEEK_END };
enum { WASI_CLOCK_REALTIME, WASI_CLOCK_MONOTONIC, WASI_CLOCK_PROCESS, WASI_CLOCK_THREAD };

#endif

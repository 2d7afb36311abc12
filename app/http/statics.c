/* statics: the version of the browser's files. */
#include "http/statics.h"

#include "base/id.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATIC_DEPTH = 4, PATH_BYTES = 4096 };

/* Order must not matter to the hash (folders list in any order): hashes of files are added up. */
static void
add_folder(const char *folder, int depth, unsigned char sum[HASH_BYTES])
{
    DIR *d = depth > 0 ? opendir(folder) : NULL;
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[PATH_BYTES], hex[HASH_HEX_BYTES];
        if (e->d_name[0] == '.' || snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path)
            continue;
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0 && hash_file_sha256(fd, hex)) {
            unsigned char h[HASH_BYTES];
            hash_bytes((struct span){hex, sizeof hex - 1}, h);
            for (size_t i = 0; i < HASH_BYTES; i++)
                sum[i] = (unsigned char)(sum[i] + h[i]);
        } else if (fd >= 0) {
            add_folder(path, depth - 1, sum);
        }
        if (fd >= 0)
            close(fd);
    }
    if (d)
        closedir(d);
}

/* LYCEUM_STATIC, else "static" beside the program's folder (as installed) or beside the program (as built). */
static void
find_folder(char out[PATH_BYTES])
{
    const char *named = getenv("LYCEUM_STATIC");
    char self[PATH_BYTES / 2];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    snprintf(out, PATH_BYTES, "%s/../static", self);
    if (named || access(out, R_OK) != 0)
        snprintf(out, PATH_BYTES, "%s%s", named ? named : self, named ? "" : "/static");
}

void
statics_version(char out[STATICS_VERSION_BYTES])
{
    unsigned char sum[HASH_BYTES] = {0};
    char hex[HASH_HEX_BYTES], folder[PATH_BYTES];
    find_folder(folder);
    add_folder(folder, STATIC_DEPTH, sum);
    hash_hex((struct span){(const char *)sum, sizeof sum}, hex);
    memcpy(out, hex, STATICS_VERSION_BYTES - 1);
    out[STATICS_VERSION_BYTES - 1] = '\0';
}

/* wipe: libcurl copies headers, and with them keys, into memory of its own: it is wiped when libcurl frees it. */
#ifndef EGRESS_WIPE_H
#define EGRESS_WIPE_H

#include <stdbool.h>

/* curl_global_init with such an allocator. */
bool wipe_curl_init(void);

#endif

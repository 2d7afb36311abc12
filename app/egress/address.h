/* address: which internet addresses egress may talk to. */
#ifndef EGRESS_ADDRESS_H
#define EGRESS_ADDRESS_H

#include "base/span.h"

#include <sys/socket.h>

enum address_kind { ADDRESS_PUBLIC, ADDRESS_LOOPBACK, ADDRESS_REFUSED };

/* Judges a socket's address, IPv4 mapped into IPv6 or not. Private, link-local (metadata services), multicast, reserved
 * and translated ranges are refused; so is every family but IPv4 and IPv6. Source: IANA's special-purpose registries.
 */
enum address_kind address_judge(const struct sockaddr *a);
/* The same for a numeric text, "127.0.0.1" or "::1"; what is neither is refused. */
enum address_kind address_judge_text(const char *ip);
/* loopback: the grant says that the destination is on this machine: then that alone is allowed; else only what is
 * public. */
bool address_allowed(enum address_kind kind, bool loopback);

#endif

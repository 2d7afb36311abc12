/* address: one table over 16-byte addresses; IPv4 is looked up in its mapped form. */
#include "egress/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define V4(a, b, c, d)                                                                                                 \
    {                                                                                                                  \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d                                                           \
    }
enum { V4_BITS = 96 };

/* The first row that fits decides. */
static const struct {
    unsigned char prefix[16];
    int bits;
    enum address_kind kind;
} rows[] = {
    {V4(127, 0, 0, 0), V4_BITS + 8, ADDRESS_LOOPBACK},
    {V4(0, 0, 0, 0), V4_BITS + 8, ADDRESS_REFUSED},        /* this network */
    {V4(10, 0, 0, 0), V4_BITS + 8, ADDRESS_REFUSED},       /* private */
    {V4(100, 64, 0, 0), V4_BITS + 10, ADDRESS_REFUSED},    /* carriers' NAT; a cloud's metadata */
    {V4(168, 63, 129, 16), V4_BITS + 32, ADDRESS_REFUSED}, /* a cloud's host services, on a public number */
    {V4(169, 254, 0, 0), V4_BITS + 16, ADDRESS_REFUSED},   /* link-local: metadata services */
    {V4(172, 16, 0, 0), V4_BITS + 12, ADDRESS_REFUSED},    /* private */
    {V4(192, 0, 0, 0), V4_BITS + 24, ADDRESS_REFUSED},     /* protocol assignments */
    {V4(192, 0, 2, 0), V4_BITS + 24, ADDRESS_REFUSED},     /* documentation */
    {V4(192, 88, 99, 0), V4_BITS + 24, ADDRESS_REFUSED},   /* 6to4 relays */
    {V4(192, 168, 0, 0), V4_BITS + 16, ADDRESS_REFUSED},   /* private */
    {V4(198, 18, 0, 0), V4_BITS + 15, ADDRESS_REFUSED},    /* benchmarks */
    {V4(198, 51, 100, 0), V4_BITS + 24, ADDRESS_REFUSED},  /* documentation */
    {V4(203, 0, 113, 0), V4_BITS + 24, ADDRESS_REFUSED},   /* documentation */
    {V4(224, 0, 0, 0), V4_BITS + 4, ADDRESS_REFUSED},      /* multicast */
    {V4(240, 0, 0, 0), V4_BITS + 4, ADDRESS_REFUSED},      /* reserved, broadcast */
    {V4(0, 0, 0, 0), V4_BITS, ADDRESS_PUBLIC},             /* the rest of IPv4 */
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, ADDRESS_LOOPBACK},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, ADDRESS_REFUSED}, /* documentation */
    {{0x20, 0x01, 0}, 23, ADDRESS_REFUSED},          /* protocol assignments, Teredo */
    {{0x20, 0x02}, 16, ADDRESS_REFUSED},             /* 6to4: an IPv4 address within */
    {{0x3f, 0xff}, 20, ADDRESS_REFUSED},             /* documentation */
    {{0x20}, 3, ADDRESS_PUBLIC},                     /* global unicast */
    /* No row: unspecified, v4-compatible, NAT64 (an IPv4 address within), discard, unique-local, link-local, multicast.
     */
};

static bool
fits(const unsigned char *a, const unsigned char *prefix, int bits)
{
    int whole = bits / 8;
    int rest = bits % 8;
    if (memcmp(a, prefix, (size_t)whole) != 0)
        return false;
    return rest == 0 || (a[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

static enum address_kind
judge(const unsigned char a[16])
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (fits(a, rows[i].prefix, rows[i].bits))
            return rows[i].kind;
    return ADDRESS_REFUSED;
}

static enum address_kind
judge_v4(const void *four)
{
    unsigned char a[16] = V4(0, 0, 0, 0);
    memcpy(a + 12, four, 4);
    return judge(a);
}

enum address_kind
address_judge(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, a, sizeof v4);
        return judge_v4(&v4.sin_addr);
    }
    if (a->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, a, sizeof v6);
        return judge(v6.sin6_addr.s6_addr);
    }
    return ADDRESS_REFUSED;
}

enum address_kind
address_judge_text(const char *ip)
{
    unsigned char a[16];
    if (inet_pton(AF_INET, ip, a) == 1)
        return judge_v4(a);
    return inet_pton(AF_INET6, ip, a) == 1 ? judge(a) : ADDRESS_REFUSED;
}

bool
address_allowed(enum address_kind kind, bool loopback)
{
    return kind == (loopback ? ADDRESS_LOOPBACK : ADDRESS_PUBLIC);
}

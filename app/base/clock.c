/* clock: monotonic and wall time. */
#include "base/clock.h"

#include "base/must.h"

#include <string.h>
#include <time.h>

static int64_t shift_ms;

static int64_t
read_us(clockid_t id)
{
    struct timespec ts;
    must(clock_gettime(id, &ts) == 0);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_mono_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t
clock_unix_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000 + shift_ms;
}

void
clock_shift_ms(int64_t ms)
{
    shift_ms += ms;
}

void
clock_iso(int64_t unix_ms, char out[21])
{
    time_t s = (time_t)(unix_ms / 1000);
    struct tm tm;
    if (!gmtime_r(&s, &tm) || strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        memcpy(out, "0000-00-00T00:00:00Z", 21);
}

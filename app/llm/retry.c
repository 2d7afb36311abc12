/* retry: the rules of the providers' own clients. */
#include "llm/retry.h"

#include <string.h>
#include <time.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" in milliseconds since 1970; false for anything else. */
static bool
read_date(struct span s, int64_t *out)
{
    char z[40];
    if (s.n == 0 || s.n >= sizeof z)
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    struct tm tm = {0};
    const char *end = strptime(z, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    if (!end || *end != '\0')
        return false;
    *out = (int64_t)timegm(&tm) * 1000;
    return true;
}

int64_t
llm_retry_after_ms(const struct llm_attempt *a)
{
    static const double FAR_S = 1e9; /* what lies farther is as good as never */
    double number;
    int64_t at_ms;
    if (span_double(span_trim(a->retry_after_ms), &number) && number >= 0)
        return (int64_t)(number < FAR_S ? number : FAR_S);
    struct span after = span_trim(a->retry_after);
    if (span_double(after, &number) && number >= 0)
        return (int64_t)((number < FAR_S ? number : FAR_S) * 1000);
    if (read_date(after, &at_ms))
        return at_ms > a->now_unix_ms ? at_ms - a->now_unix_ms : 0;
    struct span delay = span_trim(a->retry_delay);
    if (span_ends(delay, "s") && span_double(span_first(delay, delay.n - 1), &number) && number >= 0)
        return (int64_t)((number < FAR_S ? number : FAR_S) * 1000);
    return -1;
}

static bool
may_pass(const struct llm_attempt *a)
{
    if (a->fault == LLM_FAULT_QUOTA)
        return false;
    if (span_is_nocase(span_trim(a->should_retry), "true"))
        return true;
    if (span_is_nocase(span_trim(a->should_retry), "false"))
        return false;
    bool by_status = a->status == 408 || a->status == 409 || a->status == 429 || a->status >= 500;
    return by_status || llm_fault_passes(a->fault);
}

static int64_t
backoff_ms(int number, uint32_t chance)
{
    int64_t wait = 500;
    for (int i = 1; i < number && wait < 8000; i++)
        wait *= 2;
    return wait - (int64_t)(chance % 1000) * wait / 4000;
}

struct llm_retry
llm_retry_decide(const struct llm_attempt *a)
{
    const struct llm_retry never = {false, 0};
    if (a->fault == LLM_FAULT_NONE || a->shown || a->number >= LLM_ATTEMPTS || !may_pass(a))
        return never;
    int64_t asked = llm_retry_after_ms(a);
    if (asked > LLM_RETRY_WAIT_MS)
        return never;
    return (struct llm_retry){true, asked >= 0 ? asked : backoff_ms(a->number, a->chance)};
}

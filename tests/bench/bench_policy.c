/* bench_policy: how long a decision and a label take, in one process. Prints one JSON line.
 *   bench_policy ROUNDS */
#include "base/clock.h"
#include "base/id.h"
#include "policy/table.h"
#include "policy/taint.h"

#include <stdio.h>

enum { DATASETS = 8 };

/* All cases in an order that no branch predictor learns. */
static double
decide_ns(int64_t rounds)
{
    static struct policy_case cases[POLICY_CASES];
    unsigned sum = 0;
    for (int n = 0; n < POLICY_CASES; n++)
        policy_table_case((int)((int64_t)n * 7919 % POLICY_CASES), &cases[n]);
    int64_t started_us = clock_mono_us(), n = 0;
    for (; n < rounds; n++) {
        const char *reason;
        sum += policy_decide(&cases[n % POLICY_CASES], &reason) + (unsigned)(unsigned char)*reason;
    }
    double took = (double)(clock_mono_us() - started_us) * 1000 / (double)n;
    return sum > 0 ? took : -1;
}

/* What gate does for a proposal before the database is asked: context, sink, case, decision. */
static double
flow_ns(int64_t rounds)
{
    static const char *const names[DATASETS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    struct taint_state s = {.mode = MODE_PRIVATE};
    struct label data, context, sink;
    struct policy_case c;
    unsigned sum = 0;
    for (int i = 0; i < DATASETS; i++) {
        label_init_dataset(span_of(names[i]), LEVEL_PRIVATE, 2, &data);
        taint_read(&s, &data);
    }
    int64_t started_us = clock_mono_us(), n = 0;
    for (; n < rounds; n++) {
        const char *reason;
        const struct taint_flow f = {PROPOSER_MODEL, 1, (enum policy_effect)(n % 5), &sink, APPROVAL_NONE};
        taint_context(&s, &context);
        taint_sink_dataset(span_of(names[n % DATASETS]), LEVEL_PRIVATE, &sink);
        taint_case(s.mode, &context, &f, &c);
        sum += policy_decide(&c, &reason) + 1U;
    }
    double took = (double)(clock_mono_us() - started_us) * 1000 / (double)n;
    return sum > 0 ? took : -1;
}

int
main(int argc, char **argv)
{
    int64_t rounds = 0;
    id_init();
    if (argc != 2 || !span_i64(span_of(argv[1]), &rounds) || rounds < 1) {
        fputs("usage: bench_policy ROUNDS\n", stderr);
        return 2;
    }
    double decide = decide_ns(rounds), flow = flow_ns(rounds / 10 + 1);
    printf("{\"rounds\":%lld,\"decide_ns\":%.2f,\"flow_ns\":%.2f}\n", (long long)rounds, decide, flow);
    return 0;
}

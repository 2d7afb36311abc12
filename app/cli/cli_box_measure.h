/* cli_box_measure: times one after another, and their percentiles. */
#ifndef CLI_CLI_BOX_MEASURE_H
#define CLI_CLI_BOX_MEASURE_H

#include "box/box.h"

enum { SERIES_MOST = 20000 };

/* One figure of the bench. */
struct series {
    struct task *t; /* of the whole bench */
    struct box_host *host;
    size_t n;         /* how many are wanted */
    double *us;       /* times, or another unit's values */
    size_t taken;     /* how many there are */
    const char *unit; /* "us" unless the measurement says otherwise */
    const char *gap;  /* why there is none: a sentence, or NULL */
    double value;     /* one number for the whole, where that is the figure */
};

enum err measure_create(struct series *s);
enum err measure_claim(struct series *s);
enum err measure_checkpoint_small(struct series *s);
enum err measure_checkpoint_large(struct series *s);
enum err measure_restore(struct series *s);
enum err measure_rate(struct series *s);
enum err measure_live(struct series *s);
enum err measure_soft_timeout(struct series *s);
enum err measure_cpu(struct series *s);
/* For comparison, on the same machine at the same time. */
enum err measure_exec(struct series *s);
enum err measure_bubblewrap(struct series *s);
enum err measure_runc(struct series *s);

#endif

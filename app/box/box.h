/* box: one session of Python: made from a zygote, run, checkpointed, restored. */
#ifndef BOX_BOX_H
#define BOX_BOX_H

#include "box/host.h"

/* What a caller sets; box_limits_default gives the usual. */
struct box_limits {
    uint64_t memory_bytes; /* of the guest: what Python and its data may take */
    int64_t timeout_ms;    /* of one run: then it is asked to stop, and keeps its state */
    int64_t grace_ms;      /* so much later it is ended and rolled back to before the run */
    size_t output_bytes;   /* of stdout, stderr and results together; what is past it is dropped, which is told */
};
struct box_limits box_limits_default(void);

/* How a run ended. After the last three the box is as it was before the run. */
enum box_end { BOX_RAN, BOX_RAISED, BOX_TIMED_OUT, BOX_KILLED, BOX_TRAPPED, BOX_LOST };
const char *box_end_word(enum box_end end);

/* A table or a chart that a run handed out: JSON by the guest's word, so whoever uses it reads it as anybody's. */
enum { BOX_PIECES = 32 };
struct box_piece {
    uint32_t kind; /* enum result_kind */
    struct span bytes;
};

/* What a run says; the spans live in the task. */
struct box_result {
    enum box_end end;
    struct span out, err; /* what it printed */
    struct span value;    /* repr of the last expression, or none */
    struct span error;    /* the exception's name, line and traceback, each a line, the last the rest */
    struct box_piece piece[BOX_PIECES];
    size_t pieces;
    struct span sentence;  /* for people: why it ended, when not well; what was cut */
    bool cut;              /* output past the cap was dropped */
    bool memory_hit;       /* the cap on memory was met */
    int64_t us;            /* from sending the code to its end */
    uint64_t memory_bytes; /* of the guest, after it */
    uint64_t work_bytes;   /* of its files */
};

/* Answers a guest's question (box.call in deploy/box/lib): in the supervisor, so it must be quick and trust nothing of
 * the request. false: nobody answers. */
struct box_answerer {
    void *env;
    bool (*answer)(void *env, struct task *t, struct span request, struct span *out);
};

/* Caller's storage. */
struct box {
    struct box_host *host;
    struct box_limits limits;
    int sock, process, pagemap; /* of the worker; -1: none */
    int pid;                    /* on this side */
    struct image_state state;   /* at rest */
    struct image from;          /* what the worker was restored from; fd -1: fresh */
    struct image before;        /* before the last run, to roll back to; fd -1: as `from` */
    int number;                 /* of the run */
    bool touched;               /* it has run something since it was started or restored */
    struct buf in;              /* what the worker said */
    size_t in_done;             /* bytes of it that were a frame already handed out */
};

/* A fresh box, or one as `from` says, whose file the box takes for its own (a copy of the descriptor). */
enum err box_open(
    struct task *t, struct box_host *h, struct box_limits limits, const struct image *from, struct box *out);
void box_close(struct box *b);
/* Runs code; E_OK whatever came of it. E_LIMIT: code of more than 1 MB. */
enum err box_run(struct task *t, struct box *b, struct span code, const struct box_answerer *a, struct box_result *out);
/* The box at rest as an image; the caller closes it. */
enum err box_checkpoint(struct task *t, struct box *b, struct image *out);
/* Loads a checkpoint from disk and checks that it fits this host's base: then it may be given to box_open. E_CORRUPT:
 * changed, sealed with another key, or of another build. */
enum err box_image_load(
    struct task *t, struct box_host *h, const char *path, const unsigned char key[IMAGE_KEY_BYTES], struct image *out);
/* Ends the worker and goes on from an image (NULL: fresh). */
enum err box_restore(struct task *t, struct box *b, const struct image *im);
/* What its process has for itself: pages that it alone has, and their tables. */
enum err box_usage(struct task *t, struct box *b, uint64_t *private_bytes);
/* Changes the memory cap of a box at rest. */
enum err box_resize(struct task *t, struct box *b, uint64_t memory_bytes);

#endif

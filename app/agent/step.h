/* step: what a turn does next, decided from what just happened. Pure: the driver (run.c) does and tells, this judges.
 */
#ifndef AGENT_STEP_H
#define AGENT_STEP_H

#include "tool/tool.h"

enum {
    AGENT_CALLS = 256,   /* in one reply; what comes beyond is refused */
    AGENT_SEEN = 256,    /* statements of a turn that are remembered */
    AGENT_FAILURES = 3,  /* of one kind without a success between them */
    AGENT_QUESTIONS = 3, /* put to the person in one turn */
    AGENT_DECLINES = 2,  /* of the person's in one turn: no third proposal */
    AGENT_KIND_BYTES = 32,
};

enum agent_state {
    AGENT_READY,    /* nothing asked of the model yet */
    AGENT_THINKING, /* the model is asked */
    AGENT_WORKING,  /* its calls are run, one after the other */
    AGENT_OVER,     /* rests or ended */
    AGENT_STATES,
};

/* Why the model is asked for the last time, without tools. */
enum agent_last { AGENT_NOT_LAST, AGENT_LAST_STEP, AGENT_LAST_REPEATED, AGENT_LAST_FAILING };

/* The machine's memory: plain data. A new turn begins with the limits alone; a resumed one also with what it has used,
 * its questions, and its calls by agent_remember. */
struct agent {
    enum agent_state state;
    int64_t limit_steps, limit_tokens, limit_ms;
    int64_t steps, tokens, used_ms;
    int questions, declines;
    enum agent_last last;
    uint64_t seen[AGENT_SEEN];
    size_t n_seen;
    uint64_t same[AGENT_CALLS]; /* of the reply's calls; see struct tool_call */
    size_t calls, next;
    char kind[AGENT_KIND_BYTES]; /* of the last failure */
    int failures;
};

enum agent_event {
    AGENT_BEGIN,   /* the turn was claimed; calls and next: of the step that was not finished, if any */
    AGENT_REPLIED, /* the model has answered */
    AGENT_BROKE,   /* the model could not be asked, for good */
    AGENT_RAN,     /* the call of the last action has its result (a skipped one too) */
    AGENT_STOPPED, /* the person said stop */
    AGENT_EVENTS,
};
enum agent_stop { AGENT_STOP_END, AGENT_STOP_LENGTH, AGENT_STOP_FILTER, AGENT_STOP_REFUSED };

struct agent_input {
    enum agent_event event;
    int64_t tokens, ms;   /* spent since the last input */
    const uint64_t *same; /* BEGIN, REPLIED: one per call */
    size_t calls;
    size_t next;             /* BEGIN: the first call without a result */
    bool text;               /* REPLIED: it said something */
    enum agent_stop stop;    /* REPLIED */
    bool failed, skipped;    /* RAN */
    struct span kind;        /* RAN: of the failure */
    enum tool_ending ending; /* RAN */
};

enum agent_do {
    AGENT_CALL_MODEL,
    AGENT_CALL_TOOL,
    AGENT_SKIP_TOOL, /* its result is `why`: it was run before */
    AGENT_REST,      /* wait for the person */
    AGENT_FINISH,
};

/* With REST and FINISH every call that has no result gets one that says that it was not run. */
struct agent_action {
    enum agent_do act;
    size_t call;         /* CALL_TOOL, SKIP_TOOL */
    bool last;           /* CALL_MODEL: without tools */
    const char *outcome; /* FINISH: done cannot_answer failed stopped limit */
    const char *code;    /* FINISH: "" or a word */
    const char
        *why; /* a sentence: FINISH and REST to the person ("" none), SKIP_TOOL and a last CALL_MODEL to the model */
};

struct agent_action agent_step(struct agent *a, const struct agent_input *in);
/* A call of this turn that ran before the turn was resumed. */
void agent_remember(struct agent *a, uint64_t same, bool failed, struct span kind);

#endif

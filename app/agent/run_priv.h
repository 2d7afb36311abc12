/* run_priv: what a running turn is made of, for run.c (decides nothing, does), resume.c (reads) and record.c (writes).
 */
#ifndef AGENT_RUN_PRIV_H
#define AGENT_RUN_PRIV_H

#include "agent/model.h"
#include "agent/run.h"
#include "agent/step.h"
#include "store/work_turn.h"
#include "tool/tool.h"

/* A call of the step at hand. */
struct run_call {
    struct span id, name, arguments;
    int64_t ordinal;
    struct tool_call read;  /* checked arguments */
    struct tool_done wrong; /* when they are not: the result */
    bool begun;             /* its event is written: a dead runner, or the turn's rest, was in the middle of it */
    bool done;
    bool failed;
    struct span result;   /* JSON for the model, once done */
    struct span approval; /* the turn waited for it; empty: not this call */
};

struct run {
    struct task *t; /* lives as long as the run; steps have tasks of their own */
    const struct run_order *order;
    struct work *work;
    struct span owner; /* of the lease */
    struct work_turn turn;
    json_t *context;     /* gate's */
    const json_t *model; /* its record in the context */
    struct tool_world world;
    struct tell tell;
    struct keeper keeper;
    struct agent agent;
    struct span system;
    struct llm_tool *tools;
    size_t n_tools;
    struct llm_message *messages; /* of the conversation */
    bool *is_question;            /* per message: a person's */
    size_t *bytes;                /* per message */
    size_t n_messages, room;
    size_t n_replies;       /* of the model in this turn */
    struct run_call *calls; /* of the step at hand */
    size_t n_calls;
    bool fresh;         /* nothing of the turn is in the messages yet */
    const char *cannot; /* why the turn can't begin: a code; NULL: the failure's own word */
    bool taken_answer;  /* a person's answer became a result in memory: record_begin writes it */
};

/* resume.c: what the database and gate know of the turn. */
enum err resume_context(struct task *t, struct run *r);
enum err resume_messages(struct task *t, struct run *r);
/* Calls of the last step that have no result message yet, and what agent_step must remember. */
enum err resume_calls(struct task *t, struct run *r, struct agent_input *in);
/* Adds a message (its JSON) to those in memory. */
enum err resume_add(struct task *t, struct run *r, struct span json, bool is_question);

/* record.c: a step's boundaries, each one transaction under the lease: what a step brought and what follows from it
 * (the turn rests, or ends) come together, so that a crash never leaves the one without the other. */
struct run_end {
    const char *outcome; /* NULL: the turn goes on */
    const char *code;
    struct span why;      /* a sentence for the person, or empty */
    struct span answer;   /* text that the turn ends with and that no model wrote, or empty */
    struct span waiting;  /* the turn rests with this question, or this approval's JSON; else empty */
    struct span approval; /* the turn rests for it; else empty */
    struct span event;    /* of a rest, for pages and viewers; empty: it rested for the same before */
};
enum err record_begin(struct task *t, struct run *r);
enum err record_step(struct task *t, struct run *r);
/* What the model said; its calls become r->calls. partial: it was broken off, its calls count for nothing. */
enum err record_reply(
    struct task *t, struct run *r, const struct model_answer *a, bool partial, const struct run_end *end);
enum err record_call_begin(struct task *t, struct run *r, size_t i);
enum err record_call_end(
    struct task *t, struct run *r, size_t i, const struct tool_done *done, int64_t took_ms, const struct run_end *end);
enum err record_note(struct task *t, struct run *r, const char *text);
/* An end that nothing else comes with. */
enum err record_end(struct task *t, struct run *r, const struct run_end *end);

#endif

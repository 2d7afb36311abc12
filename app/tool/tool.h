/* tool: what a model may call: one row each, with its arguments, its effect and the function that runs it. */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include "base/cell.h"
#include "llm/message.h"
#include "policy/decide.h"
#include "store/work_artifact.h"
#include "store/work_result.h"
#include "tool/args.h"

enum {
    TOOL_RESULT_BYTES = 8000, /* of JSON that a model sees of one call */
    TOOL_AGAIN_MS = 5000,     /* a service that is down (a restart) is asked again for so long: no tool changes data */
    TOOL_DATASETS = 32,       /* of one conversation */
};

/* A dataset of the conversation; the schema is asked for once a turn. */
struct tool_dataset {
    struct span name;
    json_t *schema; /* CONTRACTS, "Schema JSON"; NULL: not asked for yet */
    bool closed;    /* above what the turn's model is cleared for: it is not told of it */
};

/* What a runner lends to its tools for one turn. */
struct tool_world {
    struct task *keep; /* lives as long as the world: schemas stay in it */
    struct work *work; /* stored results are read from it; tools never write */
    struct span ticket, conversation, turn;
    struct span model; /* the turn's: its clearance is the ceiling of what is read */
    struct tool_dataset dataset[TOOL_DATASETS];
    size_t datasets;
    struct tool_dataset scratch; /* the conversation's own database; its schema is forgotten when it changes */
    const json_t *tools;         /* names that the conversation may use, from gate; NULL: those that only read */
    const struct tool *plugins;  /* plugins' tools, as tool_take_plugins made them */
    size_t n_plugins;
    int64_t ordinal; /* of the last proposal to gate; counted up */
    int wake_fd;     /* readable once the person said Stop; -1: none */
    /* Of the call at hand: the approval that its turn waited for, and what the turn waited with. */
    struct span approval, waiting;
    bool stopped; /* the turn ends: no outside effect begins any more, even when it was approved */
    /* Inside app/tool, of the call at hand: */
    const struct tool *at; /* the tool itself */
    bool barred;           /* the tool is not offered: whatever gate says of its proposals, nothing is done */
    struct span refused;   /* gate's code when it refused */
};

enum tool_ending {
    TOOL_GOES_ON,
    TOOL_ASKS,     /* the turn rests until a person has answered */
    TOOL_WAITS,    /* the turn rests until gate has an answer of the person's; then the same call is run again */
    TOOL_DECLINES, /* the data can't answer: the turn ends */
};

/* What became of a call. */
struct tool_done {
    bool failed;
    struct span kind;    /* of a failure, one word: "no_such_table", "arguments", "unknown_tool", ... */
    struct span json;    /* what the model sees: one JSON object of at most TOOL_RESULT_BYTES */
    struct span line;    /* for people: "10 rows, 3 ms" */
    struct span problem; /* of a failure: {code,message,offset,token,suggestions,hint} */
    enum tool_ending ending;
    struct span waiting;        /* TOOL_ASKS: {"text","options"}; TOOL_WAITS: {"approval","kind","text","expires_ms"} */
    struct span approval;       /* TOOL_WAITS: p_... */
    bool again;                 /* TOOL_WAITS: it waited before, nothing is new */
    struct span answer;         /* TOOL_DECLINES: the text for the person */
    struct work_result *result; /* rows to be kept with the step, or NULL; its handle is set */
    const struct cell *cells;
    size_t columns;
    struct work_artifact *artifact; /* files to be kept with the step */
    size_t artifacts;
};

/* Where a tool of a plugin comes from. */
struct tool_plugin {
    struct span id, digest, version;
    bool keeps; /* it makes pictures */
};

struct tool {
    const struct tool_plugin *plugin; /* NULL: it is ours */
    struct span schema;               /* of a plugin's tool, as the plugin declares it: in the place of params */
    const char *name;
    const char *alias; /* with the setting test.alias_tools alone; NULL: none */
    const char *description;
    const struct tool_param *params;
    size_t n_params;
    enum policy_effect effect;
    /* "Running SQL on movies": shown while it runs. */
    struct span (*doing)(struct task *t, struct tool_world *w, const json_t *args);
    /* Fills *out. A failure of the task becomes a problem that the model sees. */
    enum err (*run)(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out);
    /* NULL: no approvals. Else the same once the person approved: outcome is gate's {"state",...}. */
    enum err (*approved)(
        struct task *t, struct tool_world *w, const json_t *args, const json_t *outcome, struct tool_done *out);
};

/* The tools that this conversation may use, as models are told of them, in a fixed order; *n of them, the task's. */
struct llm_tool *tool_list(struct task *t, const struct tool_world *w, size_t *n);
/* May the conversation use the tool of that name? */
bool tool_offers(const struct tool_world *w, const char *name);
/* By its name, or its alias where that is switched on; NULL: unknown. */
const struct tool *tool_find(const struct tool_world *w, struct span name);
/* Takes the context's "plugins" (SPEC, "Turn context") for the turn: their tools come behind ours. */
void tool_take_plugins(struct tool_world *w, const json_t *plugins);

/* A call as the model wrote it, ready to be judged: checked is false when its name or arguments are wrong, and then
 * *done is its result. */
struct tool_call {
    const struct tool *tool; /* NULL: unknown */
    json_t *args;
    bool checked;
    struct span doing; /* for people */
    uint64_t same;     /* equal for calls that can't give another result in this turn (the same SQL); 0: not compared */
};
void tool_read(struct task *t, struct tool_world *w, struct span name, struct span arguments, struct tool_call *out,
    struct tool_done *done);
/* Runs a checked call. Always fills *out; never leaves a failure in the task. With w->approval it is the call that
 * waited for it. */
void tool_run(struct task *t, struct tool_world *w, const struct tool_call *call, struct tool_done *out);
/* A result that says why a call was not run: {"error":{"code","message"}}. */
void tool_refuse(struct task *t, const char *code, struct span message, struct tool_done *out);

/* The schema of a dataset of the conversation, asked for once. E_NOTFOUND names those that there are. A refusal of
 * gate's leaves its code in w->refused. */
enum err tool_schema(struct task *t, struct tool_world *w, struct span dataset, json_t **out);

#endif

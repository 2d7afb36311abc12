/* talk: the conversation with one plugin's process: initialize once, then one call at a time, with its questions in
 * between. Pure: it reads from a buffer, writes into another, and says what happened. */
#ifndef PLUGIN_TALK_H
#define PLUGIN_TALK_H

#include "plugin/rpc.h"

enum { TALK_ASKS = 16, TALK_ASKS_IN_ALL = 64, TALK_NOTICES = 200, TALK_NOISE = 32 };
enum { TALK_CALL_BYTES = 24 << 20, TALK_OUT_BYTES = 16 << 20, TALK_PROGRESS_BYTES = 300 };

/* What the plugin may ask of the host at all: its manifest's caps. */
enum { TALK_MAY_QUERY = 1, TALK_MAY_FETCH = 2, TALK_MAY_ARTIFACT = 4, TALK_MAY_ASK = 8 };

struct talk {
    enum rpc_framing framing;
    unsigned may;
    struct buf in, out; /* from and to the process; the driver moves the bytes */
    enum { TALK_STARTING, TALK_IDLE, TALK_CALLING, TALK_LISTING } state;
    int64_t last_id;                    /* of our newest request */
    size_t heard, notices, noise, asks; /* in this call */
    struct {
        int64_t n;  /* as the caller knows it; 0: free */
        json_t *id; /* as the plugin knows it */
    } ask[TALK_ASKS];
    int64_t last_ask;
};

enum talk_event {
    TALK_NOTHING,  /* read more first */
    TALK_READY,    /* initialized */
    TALK_ASKED,    /* n, method, params */
    TALK_PROGRESS, /* text */
    TALK_RESULT,   /* result: of a call, or the list of tools */
    TALK_REFUSED,  /* the plugin answered the call with an error: text, code */
};
struct talk_news {
    enum talk_event event;
    int64_t n, code;
    struct span method, text;
    const json_t *params, *result;
};
enum { TALK_CODE_MEMORY = -32001 }; /* the SDKs' code for a tool that ran out of memory */

void talk_init(struct talk *k, enum rpc_framing framing, unsigned may);
void talk_reset(struct talk *k);
/* The next thing that happened, from k->in. E_INVALID, E_LIMIT: the process does not keep to the protocol, or floods
 * us: *word says which ("protocol", "flood"), and it must be ended. */
enum err talk_next(struct task *t, struct talk *k, struct talk_news *out, const char **word);
/* Only when idle. args and settings are JSON objects as text. */
void talk_call(struct talk *k, struct span tool, struct span args, struct span settings);
void talk_list(struct talk *k);
/* The answer to question n: result as JSON text, or (failure set) a sentence. false: there is no such question. */
bool talk_told(struct talk *k, int64_t n, struct span result, struct span failure);
bool talk_asks_open(const struct talk *k);

#endif

/* rpc: JSON-RPC 2.0 messages to and from a plugin, in one of two framings. Pure: bytes in, a message out. */
#ifndef PLUGIN_RPC_H
#define PLUGIN_RPC_H

#include "base/task.h"

enum rpc_framing {
    RPC_PREFIXED, /* u32 little-endian length, then so many bytes of JSON */
    RPC_LINES,    /* one JSON text per line: what MCP servers speak on stdin and stdout */
};
enum { RPC_MESSAGE_BYTES = 6 << 20, RPC_DEPTH = 32, RPC_VALUES = 1 << 18, RPC_METHOD_BYTES = 64, RPC_ID_BYTES = 64 };

enum rpc_kind { RPC_REQUEST, RPC_NOTICE, RPC_RESULT, RPC_FAILURE };
struct rpc_message {
    enum rpc_kind kind;
    const json_t *id;     /* integer or short text; NULL for a notice */
    struct span method;   /* request, notice */
    const json_t *params; /* request, notice: object or NULL */
    const json_t *result; /* result */
    int64_t code;         /* failure */
    struct span text;     /* failure: its message */
};

/* How many bytes the first message in `bytes` takes with its framing, 0 when more must come; *body is its JSON. An
 * empty line is a message of its own with an empty body. E_LIMIT past RPC_MESSAGE_BYTES. */
enum err rpc_cut(struct task *t, enum rpc_framing framing, struct span bytes, size_t *taken, struct span *body);
/* Parses one body: strict JSON-RPC 2.0, at most RPC_DEPTH deep, no batches. E_INVALID with the reason. The task's. */
enum err rpc_parse(struct task *t, struct span body, struct rpc_message *out);
/* Is the JSON text nested at most so deep, with at most RPC_VALUES values? Looks at punctuation outside texts alone,
 * before any parser recurses or takes forty bytes of memory for each byte. */
bool rpc_bounded(struct span json, int depth);

/* Appends whole messages. params and result are JSON text, as it is. */
void rpc_put_request(struct buf *b, enum rpc_framing framing, int64_t id, const char *method, struct span params);
void rpc_put_notice(struct buf *b, enum rpc_framing framing, const char *method, struct span params);
void rpc_put_result(struct buf *b, enum rpc_framing framing, const json_t *id, struct span result);
void rpc_put_failure(struct buf *b, enum rpc_framing framing, const json_t *id, int64_t code, struct span text);

#endif

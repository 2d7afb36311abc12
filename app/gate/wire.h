/* wire: what travels between gate and those who ask it (private to gate's folder). */
#ifndef GATE_WIRE_H
#define GATE_WIRE_H

enum {
    GATE_REQUEST_BYTES = 2 << 20, /* an admin operation carries a dataset's description at most */
    GATE_REPLY_BYTES = 16 << 20,  /* the catalogue of ten thousand datasets */
    GATE_DATASETS = 16,           /* datasets of one conversation */
};
/* Requests: "authorize" "conversation.start" "turn.start" "propose" "catalogue" "turn.context" "approvals.settled"
 * "approval.outcome" "admin" "own". Replies: "ok",
 * or "no" with code and message beside the actor's fields, or wire/frame.h's "error". */

#endif

/* wire: what travels between effect and its callers (private to effect's folder). */
#ifndef EFFECT_WIRE_H
#define EFFECT_WIRE_H

/* Requests: "publish" {grant, dataset, format, table, meta} with the file's descriptor; "rollback" {grant, dataset,
 * sha}; "unpublish" {grant, dataset}. Replies: any number of "progress" {text}, then "ok" {receipt, report} or an
 * error. */
enum {
    EFFECT_REQUEST_BYTES = 2 << 20,
    EFFECT_REPLY_BYTES = 16 << 20,
};

#endif

/* approval: what a person must allow first: asked for, shown, answered, used once (design 02, "Approvals"). */
#ifndef GATE_APPROVAL_H
#define GATE_APPROVAL_H

#include "gate/gate.h"
#include "policy/decide.h"
#include "store/auth_approval.h"

enum { APPROVALS_OPEN = 50, APPROVAL_ARGS_BYTES = 1 << 20, APPROVALS_ASKED = 1000, APPROVAL_SHOWN_MS = 500 };

/* A call that policy_decide answered with ASK. Everything here is bound. kind:
 *   write    args: the SQL as effect got it; payload_hash: its BLAKE2b in hex; effect_digest, proposal: effect's dry
 *            run; facts: {"inserted","updated","deleted","before","after","tables","ddl","destructive","undoable"}
 *   save     args: JSON {"name","dataset","sql","params":[...],"about"}
 *   share    args: JSON {"conversation","turn"} or {"saved"} ; admin  args: JSON {"operation","in":{...}}
 *   undo     args: JSON {"dataset","change"} ; release  args: JSON {"dataset"} ; fetch  args: JSON {"url"}
 *   plugin   args: JSON {"id","digest","tool","args":{...}} ; facts: {"to":[origins]}
 * payload_hash of the others: BLAKE2b of args in hex; left empty, it is filled. sink: who would receive: a dataset's
 * name, an URL's host, "link", "deployment". Empty plugin: the product's own tools. */
struct approval_call {
    const char *kind;
    struct policy_case c;
    struct span user, session, conversation, turn; /* session: of a person's own gesture; else empty */
    int64_t ordinal;
    struct span plugin, plugin_digest, tool, schema_digest, args;
    struct span dataset, revision, categories /* JSON array of names */, sink;
    struct span payload_hash /* hex */, effect_digest /* hex */, proposal, facts /* JSON object: counts */;
};
struct approval_asked {
    struct span id, state;
    int64_t expires_ms;
};

/* Makes a pending one, or finds the open one of the same user, conversation, turn, kind, args and effect digest. In the
 * caller's transaction, or in one of its own. E_DENIED: not an account's ("u_..."); E_BUDGET: APPROVALS_OPEN are open;
 * E_LIMIT: too long. Audited. */
enum err approval_ask(
    struct task *t, struct gate *g, const struct approval_call *call, int64_t now_ms, struct approval_asked *out);
/* For policy_decide: APPROVED only when it is approved, unexpired, not void and its binding covers exactly this call
 * (of any ordinal in its turn). Closed ones: declined and used are CONSUMED, void and unknown are MISMATCHED. In the
 * caller's transaction, or in one of its own: what is found expired or void is recorded as such. */
enum err approval_state(struct task *t, struct gate *g, struct span id, const struct approval_call *call,
    int64_t now_ms, enum policy_approval *out);
/* Uses it up: *won for exactly one caller, ever. Checks it all again. In the caller's transaction, which must be open.
 */
enum err approval_consume(struct task *t, struct gate *g, struct span id, int64_t now_ms, bool *won);

/* Open ones of a conversation become void: "stopped" "deleted" "label-rose". In the caller's transaction or its own. */
enum err approval_void_conversation(
    struct task *t, struct gate *g, struct span conversation, const char *why, int64_t now_ms);
/* Those that were asked for under another policy. In the caller's transaction: call it after the change of policy. */
enum err approval_void_policy(struct task *t, struct gate *g, int64_t now_ms);

/* Finds one and closes it when its time or one of its premises is over. out->id empty: there is none. */
enum err approval_look(struct task *t, struct gate *g, struct span id, int64_t now_ms, struct auth_approval *out);
/* Before a list is shown: of those that were used up and whose execution nobody noted the end of (gate or effect was
 * killed), finds out what became of a few. Of that user, or of all (empty). One that can't be told now stays. */
enum err approval_settle(struct task *t, struct gate *g, struct span user, int64_t now_ms);
/* Is it still to be answered, or being executed? Then the turn waits on. */
bool approval_is_open(const struct auth_approval *a);
/* Is it gate that carries it out, at the moment of approval? */
bool approval_is_ours(const struct auth_approval *a);
/* Or the agent, by proposing the same call again: "fetch" "plugin". */
bool approval_is_agents(struct span kind);
/* Did agents of that pool ("public" "private"; empty: any) ask for it? */
bool approval_in_pool(const struct auth_approval *a, struct span pool);
/* What became of it, for the model: fixed words and counts: {"state","code","kind","inserted",...}. */
json_t *approval_outcome(struct task *t, const struct auth_approval *a);

/* Counts alone: of what was done, else of what is asked for. */
json_t *approval_facts(struct task *t, const struct auth_approval *a);

/* A person's answer on the approvals' page. E_NOTFOUND: not theirs. *why (a sentence for people) when it was refused;
 * NULL: it was taken. An approval that gate carries out was executed when this returns; its row tells how that went. */
struct approval_answer {
    struct span id, user, session; /* the main session under which the page was shown */
    struct span binding;           /* of what the page showed */
    bool approve;
};
enum err approval_answer(
    struct task *t, struct gate *g, const struct approval_answer *answer, int64_t now_ms, const char **why);
/* The page is shown in that session to a->user, who asks for a->id: fixes the session, notes the time. *a is then as it
 * is now; *why as above. */
enum err approval_show(
    struct task *t, struct gate *g, struct span session, int64_t now_ms, struct auth_approval *a, const char **why);

/* The sentence for people of a word that is stored as `why` or `state`. */
const char *approval_sentence(struct span word);

#endif

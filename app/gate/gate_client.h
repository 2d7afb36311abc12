/* gate_client: asking the authority. One connection per call; every answer is gate's decision at that moment. */
#ifndef GATE_GATE_CLIENT_H
#define GATE_GATE_CLIENT_H

#include "base/task.h"

#include <jansson.h>

/* Who asks. Web passes the cookies as they came (malformed ones included: gate treats them as absent). The command line
 * leaves both empty and says once that it is the operator; gate believes that of root and of members of the group
 * <prefix>admin (in single-user mode: of its own user) and of nobody else. */
struct gate_who {
    struct span session; /* value of the session cookie */
    struct span visitor; /* value of the anonymous visitor's cookie */
    struct span address; /* the browser's address, or empty: visitors of one address share a budget too */
};
/* From now on this process asks as "operator". For the command line alone. */
void gate_client_as_operator(void);

struct gate_actor {
    struct span principal; /* u_..., a_..., "operator"; "" for a visitor without a cookie */
    struct span name;      /* shown: the account's name; "" for visitors */
    struct span role;      /* "admin" "member" "anonymous" */
    bool signed_in;
};

/* The one authorisation function of id routes. verb x kind are listed in CONTRACTS, "Verbs". */
struct gate_ask {
    struct gate_who who;
    const char *verb;
    const char *kind;
    struct span id;         /* dataset's name, conversation's id, ... or empty */
    const char *audience;   /* NULL: no grant wanted; else a grant for the person's own call */
    const char *capability; /* with audience */
    struct span dataset;    /* for a grant on a dataset when kind is not "dataset" */
    struct span args_hash;  /* empty for reusable reads */
};
struct gate_answer {
    struct gate_actor actor;
    struct span mode;  /* conversation's mode */
    struct span owner; /* conversation's owner */
    struct span grant; /* sealed, or empty */
    json_t *object;    /* the dataset's or conversation's public record; NULL if none */
};
/* E_OK: allowed. E_UNAUTHENTICATED, E_DENIED or E_NOTFOUND with a sentence: not (an object that the actor may not know
 * of is E_NOTFOUND). Even then out->actor is filled, for the page's header.
 * Verb "delete" on a conversation also ends it at gate at once: tickets and streams are void; rows are the caller's to
 * drop, and so are scratch tables, by effect_scratch_drop with the grant that comes back. Asked again, it is allowed
 * again. */
enum err gate_authorize(struct task *t, const struct gate_ask *ask, struct gate_answer *out);

/* A conversation is registered with gate before any row of it exists. Gives its id, a first turn's id and its ticket.
 * datasets: names. mode is chosen by gate: private when any dataset is not public. E_LIMIT: the visitor's hourly
 * budget. new_visitor: set when a fresh visitor cookie must be sent (value in visitor_cookie). */
struct gate_start {
    struct gate_actor actor;
    struct span conversation, turn, ticket, mode;
    struct span visitor_cookie; /* empty: keep the old */
};
/* private_chat: the person wants private mode though all datasets are public. */
enum err gate_conversation_start(struct task *t, const struct gate_who *who, const struct span *datasets, size_t n,
    bool private_chat, struct gate_start *out);
/* A further turn in an existing conversation (verb "ask"), or a new ticket for a waiting turn (verb "answer", turn
 * given). */
enum err gate_turn_start(struct task *t, const struct gate_who *who, struct span conversation, struct span turn,
    const char *verb, struct gate_start *out);

/* The agent proposes a tool call under its turn's ticket. Gate checks ticket, rights and policy_decide, audits, and
 * seals. */
struct gate_proposal {
    struct span ticket;
    int64_t ordinal;      /* grows within the turn */
    const char *audience; /* "query" "egress" "effect" "gate" "plugin" */
    const char *capability;
    struct span dataset;   /* for query and effect */
    struct span model;     /* egress "llm": the model's name; query: the turn's model, whose clearance is the ceiling */
    struct span args_hash; /* 32 bytes, always */
    struct span body;      /* what is to be done, where gate must know it: an URL, a change's SQL, a query to save */
    struct span receipt;   /* effect "write": effect's receipt of the dry run */
    struct span approval;  /* the approval that an earlier proposal of the same call was given; else empty */
    struct span plugin;    /* namespace/name of the plugin that asks back for it in the middle of a call; else empty */
    int64_t call;          /* with plugin: the ordinal under which that call was allowed */
};
struct gate_verdict {
    struct span decision; /* "ALLOW" "ASK" "REFUSE" */
    struct span reason;   /* fixed code */
    struct span grant;    /* sealed when ALLOW */
    json_t *detail;       /* for llm: {"api","url","model","properties",...}; never a key */
    struct span approval; /* with ASK: p_..., for the person to answer */
    int64_t expires_ms;   /* with ASK */
};
enum err gate_propose(struct task *t, const struct gate_proposal *p, struct gate_verdict *out);

/* Which of the approvals (ids, at most 1,000) of this pool are not pending any more: their turns may go on. */
enum err gate_approvals_settled(
    struct task *t, const struct span *ids, size_t n, struct span **settled, size_t *n_settled);
/* What became of a turn's approval: {"state","code","kind","inserted","updated","deleted",...}: facts for the model. */
enum err gate_outcome(struct task *t, struct span ticket, struct span approval, json_t **out);

/* A person's own gesture beyond reading, by name (app/gate/own.c has the table); cookies say who. In -> out:
 * - approval.list -> {"approvals":[{"id","kind","state","created_ms","expires_ms","conversation"}]}
 * - write.grant {dataset,sql_hash:hex args hash} -> {"grant"} for effect's dryrun
 * - write.propose {dataset,receipt:base64,sql,linked:bool} -> {"approval"}
 * - changes.list {dataset} -> {"changes":[...],"held":bool}
 * - undo.propose {dataset,change}, release.propose {dataset} -> {"approval"} (the operator's: act.h's outcome, at once)
 * - receipt.record {receipt:base64}: of a relabel of one's own dataset
 * - label.get {dataset} -> {"level","visibility","integrity","writable","labels":[...]}
 * - label.set {dataset,level?,integrity?,writable?,labels?} -> {"grant"?: for effect's relabel, "labels"}, or
 *   {"approval"} when it lowers one
 * - saved.list {dataset?} -> {"saved":[{"id","name","dataset","sql","params","about","shared","mine"}]}
 * - saved.get {id} ; saved.put {name,dataset,sql,params,about} -> {"id"} ; saved.remove {id}
 * - saved.share {id,shared} -> {} or {"approval"}
 * - share.make {conversation,turn} -> {"id"} or {"approval"} ; share.list {conversation} ; share.end {id}
 * - share.open {id} -> {"conversation","turn","mode"}: for whoever has the link
 * - conversation.badge {conversation} -> badge.h ; link.decide {conversation,url} -> {"decision","reason"}
 * - phrase.get -> {"phrase"} ; phrase.set {phrase}
 * - market.catalogue {q?,level?,from?} -> {"plugins":[plugin.list's records, without what is admins' business],
 *   "offers":[{"market","id","serial","status","digest","newest","version","title","about","publisher","level","effect",
 *   "abc","reviewers","words","vet_ms","log_index"}],"more","step","markets"}: for everybody
 * - market.plugin {id} -> {"plugin"?,"next"?: a record of the version that waits or is offered,"next_is":"held|staged|
 *   offer","versions":[...],"offers":[...]}
 * - market.log {market?,before?,leaf?,since?} -> {"markets","market","origin","size","root","checkpoint","leaves":
 *   [{"index","text"}],"next","inclusion"?:{"index","text","leaf","hashes","holds"},"consistency"?} */
enum err gate_own(struct task *t, const struct gate_who *who, const char *operation, json_t *in, json_t **out);

/* Lists for pages and agent: everything that this actor may see. The JSON shapes stand in CONTRACTS, "Catalogue". */
enum err gate_catalogue(struct task *t, const struct gate_who *who, struct gate_actor *actor, json_t **out);
/* The same for the turn's owner, restricted to the conversation's datasets; and its models. */
enum err gate_turn_context(struct task *t, struct span ticket, json_t **out);

/* Administration by name; in may be NULL. For admins alone; each change is on record. In -> out:
 * - user.list -> {"users":[{"id","name","role","disabled","has_password","created_ms"}]}
 * - user.add {name,role,password?} ; user.passwd {name,password} (signs it out everywhere) ; user.role {name,role}
 * - user.disable {name,disabled?:true} ; signin.link {name} -> {"path","expires_ms"}
 * - session.list {name} -> {"sessions":[{"id","agent","created_ms","used_ms"}]}
 * - session.revoke {name,id?} (all without id)
 * - dataset.list -> {"datasets":[catalogue's record and "withdrawn","readers":[names],"created_ms","changed_ms"]}
 * - dataset.set {name,visibility?,title?,description?,license?,source?,suggested?,owner?: an account's name}: makes or
 *   changes; new ones are private
 * - dataset.withdraw {name} ; dataset.reader {name,user,may:bool}
 * - dataset.grant {operation:"publish|rollback|unpublish",name,args_hash:hex} -> {"grant":base64} for effect
 * - revision.record {receipt:base64,meta?,visibility?} -> {"name","n","sha"}
 * - revision.list {name} -> {"revisions":[{"n","sha","rows","bytes","tables","by","at_ms","report","current":bool}]}
 * - model.list -> {"models":[whole records]} ; model.set {model record} ; model.remove {name}
 * - egress.grant {capability:"secret.set|secret.list|probe|llm|market",args_hash:hex,model? for llm,url and most for
 *   market: a file below an address that market.add named} -> {"grant":base64,"detail"?}
 * - setting.set {name:"notice|signed_in_only",value} ; policy.get ; policy.set
 * - plugin.list -> {"plugins":[{"id","digest","version","serial","level","market","publisher","reviewers","vet_ms",
 *   "log_index","revoked","state":"on|off|revoked","on","previous"?,"held"?,"staged"?:{"digest","version","serial"},
 *   "held_why":[sentences],"staged_group","scope":[[kind,name]],"mode","reads","public_reads","settings","declared_settings","secrets",
 *   "nets","abc","effect","runtime","title","about","declares","words":[sentences],"tools":[{"name","description",
 *   "effect","schema"}],"verdict":[sentences],"installed_ms","changed_ms"}],"groups":[{"name","users"}],
 *   "notices":[{"plugin","kind","text","at_ms"}]} ; plugin.log {id} -> {"versions":[...],"consents":[...]}
 * - plugin.install {digest | market,id,serial?, level?, enable?, scope?, mode?, reads?, public_reads?, group?} ->
 * record and
 *   {"outcome":"installed|updated|held|staged|same"} (plugin_install.h) ; plugin.enable {id,scope?:[["deployment",""]|
 *   ["group",name]|["dataset",name]],mode?,reads?} ; plugin.disable|rollback|remove {id} ; plugin.consent {id,digest,
 *   group?} ; plugin.stage {id,finish:bool} ; plugin.revoke {id,digest?,why?} ; plugin.set {id,settings?,scope?,mode?,
 *   reads?} ; plugin.group {name,users:[names]}: each -> the plugin's record; processes of what must not run on are
 *   ended before it answers
 * - plugin.files {digest,against?} -> {"id","version","manifest","files":[{"path","change","bytes","sha256"}],
 *   "widened",
 *   "checks","signed_by","report"?,...} ; plugin.file {digest,path} -> {"bytes","text"?}
 * - plugin.closure {ids} -> {"may","sentences","powers":{"A","B","C"}}: with these on beside all that are
 * - market.list -> {"markets":[{"name","place","root_key","checked_ms","stale_ms","ends_ms"}]} ; market.add
 * {name,place, root_key} ; market.remove {name} ; market.update {name}: checks what its folder in plugins/market-cache
 * holds now
 * - audit.tail {n} -> {"rows":[{"seq","at_ms","actor","action","object","detail"}]} ; audit.verify -> {"rows","bad"}
 * - health -> {"now_ms","users","datasets","conversations","sessions","audit","weaker"} */
enum err gate_admin(struct task *t, const struct gate_who *who, const char *operation, json_t *in, json_t **out);

/* The change counter that gate keeps in <state>/share/epoch: whatever web cached of gate's answers to visitors is void
 * when it changes. 0 when the file can't be read (then cache nothing). */
uint64_t gate_epoch(void);

#endif

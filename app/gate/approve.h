/* approve: the pages on which people approve: the way there on the main origin, and the approvals' own origin. */
#ifndef GATE_APPROVE_H
#define GATE_APPROVE_H

#include "gate/approval.h"
#include "gate/web_priv.h"
#include "store/auth_approve.h"

enum { APPROVE_CODE_MS = 60 * 1000, APPROVE_SESSION_MS = 15 * 60 * 1000, PHRASE_BYTES = 80, APPROVE_FACTS = 64 };

/* Main origin. */
web_page approve_list, approve_lead, approve_old_address, account_phrase;
/* The approvals' origin. */
web_page approve_front, approve_page, approve_enter, approve_post;

/* Who has entered the approvals' origin, by its cookie, as of now: v->actor. */
enum err approve_who(struct turnstile *v);

/* The growing list of labels and values of a page. In approve_facts.c. */
struct approve_facts {
    struct turnstile *v;
    struct view_approve_fact at[APPROVE_FACTS];
    size_t n;
};
void approve_facts_add(struct approve_facts *f, const char *label, struct span value, bool is_code);
/* All of an approval; *args is its arguments as JSON, NULL for a change's SQL. */
enum err approve_facts_fill(struct approve_facts *f, const struct auth_approval *a, json_t **args);
/* Step-up asks for a number: its label and value; NULL: no number. */
const char *approve_count(const struct auth_approval *a, int64_t *out);
/* A member of a JSON object's text, or 0. */
int64_t approve_number(struct task *t, struct span json, const char *key);

/* The page of one that waits, with a sentence above it or NULL; and what became of it. In approve_view.c. */
enum err approve_show(struct turnstile *v, const struct auth_approval *a, const char *problem);
enum err approve_ended(struct turnstile *v, const struct auth_approval *a, const char *problem);
/* A sentence and a way back, nothing more. */
enum err approve_say(struct turnstile *v, const char *heading, const char *sentence);
/* "Change rows of movies": of a list or a heading. */
struct span approve_heading(struct task *t, const struct auth_approval *a);
/* Where the person came from, on the main origin. */
struct span approve_back(struct task *t, const struct auth_approval *a);
/* "06:58:12 UTC" */
struct span approve_clock(struct task *t, int64_t ms);
/* The rows and definitions that a dry run would change, from effect; and its SQL, checked against what was asked. In
 * approve_diff.c. */
enum err approve_diff(
    struct turnstile *v, const struct auth_approval *a, struct view_approve_approval *view, struct span *sql);

#endif

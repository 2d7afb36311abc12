/* table: all cases of decide in a fixed order, and its rows as text: the form in which two implementations are
 * compared. */
#ifndef POLICY_TABLE_H
#define POLICY_TABLE_H

#include "base/task.h"
#include "policy/words.h"

enum { POLICY_CASES = 3 * 5 * 4 * 2 * 5 * 4 * 3 * 6 };

/* The n-th case, n < POLICY_CASES: nested in the order of policy_case's fields, the approval changing fastest. Values
 * come in the order of their enums, but dominates: yes before no. */
void policy_table_case(int n, struct policy_case *out);
/* "proposer\tintegrity\t...\tdecision\treason\n" and a row of the same columns. */
void policy_table_put_head(struct buf *b);
void policy_table_put_row(struct buf *b, const struct policy_case *c, enum policy_decision d, const char *reason);
/* {"proposer":"user","integrity":1,...,"approval":"none"} -> the case. Other members are let through. E_INVALID with a
 * sentence that names the member and its words. */
enum err policy_case_read(struct task *t, const json_t *j, struct policy_case *out);
/* One member by the words of its kind: text, or for integrity a whole number too. A missing one is the fallback, unless
 * that is < 0. */
enum err policy_member_read(
    struct task *t, const json_t *j, const char *name, enum policy_words kind, int fallback, int *place);

#endif

/* change_clean: what undoing and approving need goes when its time is over. */
#ifndef EFFECT_CHANGE_CLEAN_H
#define EFFECT_CHANGE_CLEAN_H

#include "store/db.h"

/* Removes leaders/changes/<g_...> of changes that were taken back, are past their days, or never were, and
 * leaders/dryruns/<w_...> after a day. */
void change_clean(struct task *t, struct db *ledger);

#endif

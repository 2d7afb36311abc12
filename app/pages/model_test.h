/* model_test: one tiny call of a language model, to see whether address, name and key are right. */
#ifndef PAGES_MODEL_TEST_H
#define PAGES_MODEL_TEST_H

#include "pages/visit.h"

/* *code: of the message that admin_done shows. A failure to reach the provider fails the task with its sentence. */
enum err model_test(struct visit *v, const json_t *model, const char **code);

#endif

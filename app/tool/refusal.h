/* refusal: the fixed codes with which calls are refused, and a fixed sentence for each: nothing that depends on data.
 */
#ifndef TOOL_REFUSAL_H
#define TOOL_REFUSAL_H

#include "base/span.h"

/* For the model. An unknown code gives a sentence that fits all. */
struct span refusal_sentence(struct span code);
/* The code itself, if it is a word of ours: small letters, digits and dashes; else "refused". */
struct span refusal_code(struct span code);

#endif

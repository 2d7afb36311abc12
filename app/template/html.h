/* html: markup that is safe to write as it stands, because this program made every tag of it. */
#ifndef TEMPLATE_HTML_H
#define TEMPLATE_HTML_H

#include "base/span.h"

/* The only type that {{{x}}} takes. Its member's name is a fence: nobody but app/render writes to it (a test looks for
 * the word elsewhere), so text of people, models and datasets has no way to become markup. */
struct safe_html {
    struct span made_by_render;
};

#endif

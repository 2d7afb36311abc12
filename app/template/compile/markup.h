/* markup: where in the HTML a template's next byte stands, so that each value is written as its place asks. */
#ifndef TEMPLATE_COMPILE_MARKUP_H
#define TEMPLATE_COMPILE_MARKUP_H

#include "base/span.h"

enum markup_where {
    MARKUP_TEXT,
    MARKUP_LESS, /* after < */
    MARKUP_TAG_NAME,
    MARKUP_TAG, /* between attributes */
    MARKUP_GAP, /* behind a section that may have written attributes: a space or the tag's end has to follow */
    MARKUP_ATTR_NAME,
    MARKUP_EQUALS, /* after name= */
    MARKUP_VALUE,  /* in quotes */
    MARKUP_BARE,   /* an unquoted value */
    MARKUP_COMMENT,
    MARKUP_RAW, /* in a script or style element */
};

/* How far a quoted value has got. */
enum markup_begun { MARKUP_EMPTY, MARKUP_BEGUN, MARKUP_EITHER };

struct markup {
    enum markup_where where;
    enum markup_begun begun;
    char quote;
    bool closing; /* in an end tag */
    char tag[16];
    char attr[16]; /* lower case, cut */
    unsigned tail; /* the last two bytes of a comment */
};

/* How a value has to be written. */
enum markup_slot {
    MARKUP_SLOT_TEXT,     /* between tags: escaped; safe html may stand here */
    MARKUP_SLOT_VALUE,    /* in a quoted attribute: escaped */
    MARKUP_SLOT_URL,      /* the beginning of a URL: checked and escaped */
    MARKUP_SLOT_URL_PART, /* later in a URL: one component, percent-encoded */
    MARKUP_SLOT_NONE,     /* nowhere that a value may stand */
};

/* Moves over static text. Returns NULL, or a sentence about what our pages may not hold (inline style or script). */
const char *markup_static(struct markup *m, struct span text);
/* Where a value would stand; moves over it. */
enum markup_slot markup_value(struct markup *m);
/* Joins the ends of two ways through a section into *m; false when they stand in different places. */
bool markup_join(struct markup *m, const struct markup *other);

#endif

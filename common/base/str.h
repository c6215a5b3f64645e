/*
 * Bytes of one's own: a struct str that was taken from the heap, and given back.
 *
 *	struct str own = str_copy(theirs);
 *	str_free(&own);
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/attr.h"

/* The same bytes, from malloc; those of NULL are NULL. */
struct str str_copy(struct str s) ATTR_UNUSED_RESULT;

/* What is from malloc; nothing is fine, and is what is left. */
void str_free(struct str *s);

#endif

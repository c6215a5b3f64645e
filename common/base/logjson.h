/*
 * The pairs of a log line as members of a JSON object. Pure, no allocation.
 *
 *	key=value n=17 text="in \x22quotes\x22"  →  ,"key":"value","n":17,"text":"in \"quotes\""
 *
 * A number of up to 15 digits that begins with no 0 stays a number. A quoted value ends at
 * the quote behind which the line ends or another pair begins; log_quote()'s \xHH is undone
 * where it is a character of ASCII, else it becomes \u00HH. Full: the rest is left out, whole members only.
 */
#ifndef BASE_LOGJSON_H
#define BASE_LOGJSON_H

#include "base/attr.h"

/* Into out, which is not NUL-terminated; the number of bytes, at most cap. */
size_t logjson_members(const char *pairs, char *out, size_t cap);

/* The text as a JSON string with its quotes; 0 = it does not fit. */
size_t logjson_string(struct str text, char *out, size_t cap);

#endif

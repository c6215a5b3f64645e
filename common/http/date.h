/*
 * The Date header's text (RFC 9110 section 5.6.7) from a time given as an argument.
 * Format it once a second and keep it.
 */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "base/attr.h"

enum { HTTP_DATE_BYTES = 30 }; /* "Sun, 06 Nov 1994 08:49:37 GMT" and NUL */

/* unix_s: seconds since 1970, UTC; times behind the year 9999 stay at its end. */
void http_date_format(uint64_t unix_s, char out[static HTTP_DATE_BYTES]);

#endif

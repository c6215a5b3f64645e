/*
 * One JSON string, for scan.c only: everybody else uses scan.h, which also declares
 * what scan_string.c does with a string token once it has been read.
 */
#ifndef TEXT_SCAN_STRING_H
#define TEXT_SCAN_STRING_H

#include "text/scan.h"

/* text.p[*at] is the opening quote. Moves *at behind the closing one and fills t's raw,
 * n_chars and is_escaped; or leaves *at on the offending byte and says why. */
enum scan_error scan_string(struct str text, size_t *at, struct scan_token *t);

#endif

/*
 * Is one of a few phrases in a body? Every string of the JSON is looked at as it reads
 * when decoded, keys left out, in any case of A to Z: an escape hides nothing.
 *
 *	if (phrase_is_in(body, phrases, n)) …
 *
 * Substrings, not words and no patterns: what people write into a list without a manual.
 * A body that is not JSON (of a relayed path) is looked at as it stands. Runs in fronts, and only where phrases are
 * configured: it reads the whole body again, and needs memory of its size for strings
 * with escapes.
 */
#ifndef TEXT_PHRASE_H
#define TEXT_PHRASE_H

#include "base/attr.h"

bool phrase_is_in(struct str body, const struct str *phrases, size_t n);

#endif

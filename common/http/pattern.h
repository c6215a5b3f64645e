/*
 * Paths of routes: compared byte for byte, but for one star.
 *
 *	"*"    one whole segment, at the end of the path or in its middle
 *	"**"   at the end: all that is left, slashes too
 *
 * A star stands for at least one byte. Pure; no allocation.
 */
#ifndef HTTP_PATTERN_H
#define HTTP_PATTERN_H

#include "base/attr.h"

/* Does the path match? Then *star is what stands for the star, empty without one. */
bool http_pattern_match(
	struct str pattern, struct str path, struct str *star) ATTR_UNUSED_RESULT;

#endif

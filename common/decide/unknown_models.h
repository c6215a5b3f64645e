/*
 * Models that a token's limits name and nobody knows: a slip of the keyboard, or one that
 * comes later. Either way the token works, so this is only for a warning. Pure.
 *
 *	struct known_models known = {catalogue, &settings.models};
 *	for (size_t at = 0; unknown_models_next(&known, &limits, &at, &name);)
 *		… name …
 *
 * Known is what the catalogue or a [model] section has; so are its dated and fine-tuned
 * variants, and a pattern that stands for one of these.
 */
#ifndef DECIDE_UNKNOWN_MODELS_H
#define DECIDE_UNKNOWN_MODELS_H

#include "conf/models.h"
#include "conf/settings.h"
#include "decide/client_limits.h"

struct known_models {
	const struct models *catalogue;
	const struct settings_models *own; /* the [model] sections */
};

/* The next one from *at on, which points into l. Moves *at behind it; false = no more. */
bool unknown_models_next(const struct known_models *known,
	const struct client_limits *l, size_t *at, struct str *name) ATTR_UNUSED_RESULT;

#endif

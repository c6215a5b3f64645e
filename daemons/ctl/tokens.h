/*
 * atlasctl tokens, the part that others show: the options that are limits.
 */
#ifndef CTL_TOKENS_H
#define CTL_TOKENS_H

#include "ctl/ctl.h"
#include "decide/client_limits.h"
#include "segment/clients.h"

enum { TOKENS_OPTION_BYTES = 32 };

/* "requests-per-minute". Returns out. */
const char *tokens_option(
	enum client_limit which, char out[static TOKENS_OPTION_BYTES]);

#endif

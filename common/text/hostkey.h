/*
 * The names of request fields that would choose where a request goes. LiteLLM once sent
 * the provider's key to whatever a body's "api_base" named (CVE-2024-6587); Atlas reads
 * no such field, and refuses a body that carries one so that nobody relies on it.
 *
 *	if (hostkey_is(&key) && !hostkey_is_path(&value))
 *		return apierr_set(e, APIERR_UNKNOWN_FIELD_HOST, ...);
 *
 * Pure. To be asked about a body's own members, and about all that lies in members that
 * hold options for the sender ("extra_body", "litellm_params"); not about what lies in
 * others: a tool may well have a parameter called "host".
 */
#ifndef TEXT_HOSTKEY_H
#define TEXT_HOSTKEY_H

#include "text/scan.h"

/* Whether the KEY is one of them, in any case and with or without _ and -. */
bool hostkey_is(const struct scan_token *key) ATTR_UNUSED_RESULT;

/* Whether the KEY holds options in which gateways look for hosts; spelled as freely. */
bool hostkey_is_options(const struct scan_token *key) ATTR_UNUSED_RESULT;

/* Whether the value is a path and so names no host: a batch has "endpoint": "/v1/…". */
bool hostkey_is_path(const struct scan_token *value) ATTR_UNUSED_RESULT;

#endif

/*
 * The names of request fields that would choose where a request goes. LiteLLM once sent
 * the provider's key to whatever a body's "api_base" named (CVE-2024-6587); Atlas reads
 * no such field, and refuses a body that carries one so that nobody relies on it.
 *
 *	if (hostkey_is(&key))
 *		return apierr_set(e, APIERR_UNKNOWN_FIELD_HOST, ...);
 *
 * Pure. Only a body's own members are to be asked about, not what lies deeper.
 */
#ifndef TEXT_HOSTKEY_H
#define TEXT_HOSTKEY_H

#include "text/scan.h"

/* Whether the KEY is one of them, in any case and with or without _ and -. */
bool hostkey_is(const struct scan_token *key) ATTR_UNUSED_RESULT;

#endif

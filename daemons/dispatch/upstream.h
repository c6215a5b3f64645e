/*
 * The upstream as the settings describe it: URLs and constant headers. Made anew at each
 * adoption; transfers under way keep the one they started with by a reference count.
 *
 * Its header block is the one other place where the key is: never logged, freed with a
 * wipe.
 */
#ifndef DISPATCH_UPSTREAM_H
#define DISPATCH_UPSTREAM_H

#include "conf/keys.h"
#include "conf/settings.h"
#include "segment/apis.h"

#include <curl/curl.h>

enum { UPSTREAM_URL_BYTES = SETTINGS_TEXT_BYTES + 32 };

struct upstream {
	unsigned n_references;
	char key_name[KEYS_NAME_BYTES];
	char urls[EXCHANGE_APIS][UPSTREAM_URL_BYTES];
	struct curl_slist *headers; /* constant for all requests */
	long connect_timeout_ms;
	bool allow_http; /* plain http is what the settings' URL has */
};

/* For the first key of the ring; the caller holds one reference. */
struct upstream *upstream_new(const struct settings *s, const struct keyring *ring);

struct upstream *upstream_hold(struct upstream *u);
void upstream_drop(struct upstream *u); /* NULL is fine */

#endif

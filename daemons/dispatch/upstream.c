/* URLs and headers of the upstream. */
#include "dispatch/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void add_header(struct upstream *u, const char *name, const char *value)
{
	char line[KEYS_SECRET_BYTES + 64];
	if (value[0] == '\0')
		return;
	int n = snprintf(line, sizeof line, "%s: %s", name, value);
	must(n > 0 && (size_t)n < sizeof line);
	struct curl_slist *more = curl_slist_append(u->headers, line);
	must(more != NULL);
	u->headers = more;
	explicit_bzero(line, sizeof line);
}

static void fill_urls(struct upstream *u, const char *base)
{
	size_t n = strlen(base);
	while (n > 0 && base[n - 1] == '/')
		n--;
	for (unsigned i = 0; i < EXCHANGE_APIS; i++) {
		const struct api *api = api_get((enum exchange_api)i);
		snprintf(u->urls[i], sizeof u->urls[i], "%.*s" STR_FMT, (int)n, base,
			STR_ARG(api->path));
	}
}

struct upstream *upstream_new(const struct settings *s, const struct keyring *ring)
{
	struct upstream *u = calloc(1, sizeof *u);
	must(u != NULL);
	u->n_references = 1;
	fill_urls(u, s->base_url);
	u->allow_http = strncasecmp(s->base_url, "http://", 7) == 0;
	u->connect_timeout_ms = (long)(s->connect_timeout_ns / 1000000);
	if (ring->n > 0) {
		char bearer[KEYS_SECRET_BYTES + 8];
		snprintf(u->key_name, sizeof u->key_name, "%s", ring->key[0].name);
		snprintf(bearer, sizeof bearer, "Bearer %s", ring->key[0].secret);
		add_header(u, "Authorization", bearer);
		explicit_bzero(bearer, sizeof bearer);
	}
	add_header(u, "Content-Type", "application/json");
	add_header(u, "OpenAI-Organization", s->organization);
	add_header(u, "OpenAI-Project", s->project);
	/* libcurl would wait a second for a 100 with bodies above 1 MiB */
	u->headers = curl_slist_append(u->headers, "Expect:");
	must(u->headers != NULL);
	return u;
}

struct upstream *upstream_hold(struct upstream *u)
{
	u->n_references++;
	return u;
}

void upstream_drop(struct upstream *u)
{
	if (u == NULL || --u->n_references > 0)
		return;
	for (struct curl_slist *h = u->headers; h != NULL; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(u->headers);
	free(u);
}

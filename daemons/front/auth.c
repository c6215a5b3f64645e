/* Tokens, hosts, sites. */
#include "front/auth.h"

#include "front/front.h"
#include "http/target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_text(struct str s, const char *text)
{
	return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

/* ---- host ---------------------------------------------------------------------------- */

/* The host part of "HOST:PORT" of the settings. */
static struct str host_of_address(const char *address)
{
	const char *colon = strrchr(address, ':');
	return (struct str){
		address, colon ? (size_t)(colon - address) : strlen(address)};
}

static bool is_same_host(struct str a, struct str b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

bool auth_host_is_ours(const struct conn *c)
{
	static const char *const always[] = {"localhost", "127.0.0.1", "[::1]"};
	const struct settings *s = &c->front->process.settings;
	struct str host = http_str(c->request->head_text, c->request->head.host);
	for (size_t i = 0; i < N_ELEMENTS(always); i++)
		if (is_text(host, always[i]))
			return true;
	for (uint32_t i = 0; i < s->listen.n; i++)
		if (is_same_host(host, host_of_address(s->listen.entry[i])))
			return true;
	for (uint32_t i = 0; i < s->host_names.n; i++)
		if (is_text(host, s->host_names.entry[i]))
			return true;
	return false;
}

/* ---- site ---------------------------------------------------------------------------- */

static struct str header_of(const struct conn *c, struct str name)
{
	const struct request *q = c->request;
	const struct http_header *h = http_head_find(&q->head, q->head_text, name);
	return h ? http_str(q->head_text, h->value) : (struct str){"", 0};
}

/* "http://HOST" or "https://HOST", a port behind it or not. */
static bool origin_is_host(struct str origin, struct str host)
{
	static const char *const schemes[] = {"http://", "https://"};
	for (size_t i = 0; i < N_ELEMENTS(schemes); i++) {
		size_t n = strlen(schemes[i]);
		if (origin.n < n + host.n || strncasecmp(origin.p, schemes[i], n) != 0)
			continue;
		struct str rest = {origin.p + n, host.n};
		bool ends = origin.n == n + host.n || origin.p[n + host.n] == ':';
		return ends && is_same_host(rest, host);
	}
	return false;
}

bool auth_is_same_site(const struct conn *c)
{
	struct str origin = header_of(c, STR("Origin"));
	struct str host = http_str(c->request->head_text, c->request->head.host);
	if (is_text(header_of(c, STR("Sec-Fetch-Site")), "cross-site"))
		return false;
	return origin.n == 0 || c->request->head.method == HTTP_METHOD_GET ||
	       origin_is_host(origin, host);
}

/* ---- token ---------------------------------------------------------------------------- */

static struct str bearer_token(const struct conn *c)
{
	struct str v = header_of(c, STR("Authorization"));
	if (v.n < 7 || strncasecmp(v.p, "Bearer ", 7) != 0)
		return (struct str){"", 0};
	v.p += 7, v.n -= 7;
	while (v.n > 0 && *v.p == ' ')
		v.p++, v.n--;
	return v;
}

static bool role_suffices(uint8_t role, enum route_role needed)
{
	switch (needed) {
	case ROUTE_PUBLIC:
		return true;
	case ROUTE_CHAT:
		return role == CLIENT_CHAT || role == CLIENT_ADMIN;
	case ROUTE_MONITOR:
		return role == CLIENT_MONITOR || role == CLIENT_ADMIN;
	case ROUTE_OWN:
		return role > CLIENT_NONE && role < CLIENT_ROLES;
	case ROUTE_ADMIN:
		return role == CLIENT_ADMIN;
	}
	return false;
}

bool auth_may(struct conn *c, enum route_role role, enum apierr_reason *reason)
{
	const struct clients *clients = &c->front->process.segment->clients;
	uint8_t hash[HASH_SHA256_BYTES];
	if (role == ROUTE_PUBLIC)
		return true;
	*reason = APIERR_LEDGER_UNAVAILABLE;
	if (!clients_is_published(clients))
		return false;
	hash_sha256(bearer_token(c), hash);
	const struct client *client = clients_find(clients, hash);
	*reason = APIERR_INVALID_API_KEY;
	if (client == NULL)
		return false;
	c->request->client_ix = clients_index_of(clients, client);
	*reason = APIERR_INSUFFICIENT_ROLE;
	return role_suffices(client->role, role);
}

bool auth_sees_own_only(const struct conn *c, uint64_t *client_id)
{
	const struct client *client =
		clients_at(&c->front->process.segment->clients, c->request->client_ix);
	*client_id = client != NULL ? client->id : 0;
	return client == NULL || !role_suffices(client->role, ROUTE_MONITOR);
}

const char *auth_role_name(const struct conn *c)
{
	const struct client *client =
		clients_at(&c->front->process.segment->clients, c->request->client_ix);
	return client_role_name(
		client != NULL ? (enum client_role)client->role : CLIENT_NONE);
}

const char *auth_roles_that_may(enum route_role role, char out[static AUTH_ROLES_BYTES])
{
	static const enum client_role all[] = {
		CLIENT_CHAT, CLIENT_MONITOR, CLIENT_ADMIN};
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		if (role_suffices((uint8_t)all[i], role))
			n += (size_t)snprintf(out + n, AUTH_ROLES_BYTES - n, "%s%s",
				n > 0 ? " or " : "", client_role_name(all[i]));
	return out;
}

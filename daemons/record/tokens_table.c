/* Tokens from the ledger to the segment. Run by record. */
#include "record/tokens_table.h"

#include "base/log.h"
#include "segment/client_use.h"

#include <string.h>

static void add(struct clients *c, const struct client *entry,
	const struct client_limits *limits)
{
	if (clients_add(c, entry, limits) == CLIENTS_FULL)
		log_event(LOG_ERROR, EVENT_WARNING,
			"client=%016llx text=\"no room in the client table; raise "
			"[server] max_clients\"",
			(unsigned long long)entry->id);
}

/* A live entry of the table is voided; one that is not there has nothing to void. */
static void revoke(struct clients *c, uint64_t id)
{
	if (clients_revoke(c, id))
		log_event(LOG_INFO, EVENT_TOKEN_CHANGED, "void=%016llx",
			(unsigned long long)id);
}

/* One that is there already may have been changed last by a record that was killed
 * between commit and table. */
static void load_live(struct clients *c, const struct token *t)
{
	struct client entry = {
		.id = t->id, .role = t->role, .created_ms = t->created_ms};
	_Static_assert(sizeof entry.name == sizeof t->name, "names of one size");
	memcpy(entry.hash, t->hash, sizeof entry.hash);
	memcpy(entry.name, t->name, sizeof entry.name);
	const struct client *known = clients_find(c, t->hash);
	if (known == NULL)
		add(c, &entry, &t->limits);
	else
		clients_set_limits(c, clients_index_of(c, known), &t->limits);
}

/* A change of one that did not fit into the table stays in the ledger alone. */
static void change(struct clients *c, const struct fact_token_limits *f)
{
	struct client_limits limits, was;
	const struct client *entry = clients_by_id(c, f->client_id);
	if (entry == NULL)
		return;
	uint32_t ix = clients_index_of(c, entry);
	clients_limits(c, ix, &limits);
	was = limits;
	client_limits_merge(&limits, &f->limits, (client_limit_set)f->set);
	clients_set_limits(c, ix, &limits);
	client_use_change(c, ix, &was, &limits);
	log_event(LOG_INFO, EVENT_TOKEN_CHANGED, "limits=%016llx",
		(unsigned long long)f->client_id);
}

static bool load_one(void *arg, const struct token *t)
{
	struct clients *c = arg;
	if (t->revoked_ms != 0) {
		/* killed between commit and table */
		if (clients_find(c, t->hash) != NULL)
			revoke(c, t->id);
		clients_remember(c, t->id, t->name);
		return true;
	}
	load_live(c, t);
	return true;
}

bool tokens_table_load(struct clients *c, struct store *s, struct err *e)
{
	struct query_place at = query_start();
	enum query_verdict v;
	do
		v = query_tokens(s, &at, load_one, c, e);
	while (v == QUERY_MORE);
	if (v == QUERY_FAILED)
		return false;
	if (at.n_bad > 0)
		log_event(LOG_ERROR, EVENT_WARNING,
			"damaged_tokens=%llu first=%016llx text=\"records of client "
			"tokens fail their checksum\"",
			(unsigned long long)at.n_bad, (unsigned long long)at.first_bad);
	return true;
}

void tokens_table_take(struct clients *c, const union fact *f)
{
	if (f->head.kind == FACT_TOKEN_REVOKE) {
		revoke(c, f->token_revoke.client_id);
		return;
	}
	if (f->head.kind == FACT_TOKEN_LIMITS) {
		change(c, &f->token_limits);
		return;
	}
	struct client entry = {.id = f->token.client_id,
		.role = f->token.role,
		.created_ms = f->head.wall_ms};
	_Static_assert(sizeof entry.name == sizeof f->token.name, "names of one size");
	memcpy(entry.hash, f->token.hash, sizeof entry.hash);
	memcpy(entry.name, f->token.name, sizeof entry.name - 1);
	add(c, &entry, &f->token.limits);
}

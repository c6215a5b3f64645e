/* Tokens from the ledger to the segment. Run by record. */
#include "record/tokens_table.h"

#include "base/log.h"

#include <string.h>

static void add(struct clients *c, const struct client *entry)
{
	if (clients_add(c, entry) == CLIENTS_FULL)
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

static bool load_one(void *arg, const struct token *t)
{
	struct clients *c = arg;
	if (t->revoked_ms != 0) {
		/* killed between commit and table; by hash, ids are searched one by one */
		if (clients_find(c, t->hash) != NULL)
			revoke(c, t->id);
		return true;
	}
	struct client entry = {
		.id = t->id, .role = t->role, .created_ms = t->created_ms};
	_Static_assert(sizeof entry.name == sizeof t->name, "names of one size");
	memcpy(entry.hash, t->hash, sizeof entry.hash);
	memcpy(entry.name, t->name, sizeof entry.name);
	add(c, &entry);
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
	clients_publish(c);
	return true;
}

void tokens_table_take(struct clients *c, const union fact *f)
{
	if (f->head.kind == FACT_TOKEN_REVOKE) {
		revoke(c, f->token_revoke.client_id);
		return;
	}
	struct client entry = {.id = f->token.client_id,
		.role = f->token.role,
		.created_ms = f->head.wall_ms};
	_Static_assert(sizeof entry.name == sizeof f->token.name, "names of one size");
	memcpy(entry.hash, f->token.hash, sizeof entry.hash);
	memcpy(entry.name, f->token.name, sizeof entry.name - 1);
	add(c, &entry);
}

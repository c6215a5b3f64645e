/* Making and finding client tokens. */
#include "segment/tokens.h"

#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SECRET_BYTES = 32 };

/* ---- making ------------------------------------------------------------------------- */

void token_text(enum client_role role, char text[static TOKEN_BYTES])
{
	uint8_t secret[SECRET_BYTES];
	char hex[2 * SECRET_BYTES + 1];
	hash_random(secret, sizeof secret);
	hash_hex(secret, sizeof secret, hex);
	snprintf(text, TOKEN_BYTES, "atlas-%s-%s", client_role_name(role), hex);
	explicit_bzero(secret, sizeof secret);
	explicit_bzero(hex, sizeof hex);
}

void token_make(const struct token_order *o, struct fact_token *fact,
	char text[static TOKEN_BYTES])
{
	token_text(o->role, text);
	*fact = (struct fact_token){0};
	fact_begin(&fact->head, FACT_TOKEN, sizeof *fact, o->wall_ms);
	hash_random(&fact->client_id, sizeof fact->client_id);
	hash_sha256((struct str){text, strlen(text)}, fact->hash);
	fact->role = (uint8_t)o->role;
	fact->limits = o->limits;
	must(o->name.n < sizeof fact->name);
	memcpy(fact->name, o->name.p, o->name.n);
}

/* ---- finding ------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("-._@+", c) != NULL);
}

bool token_check_name(struct str name, struct err *e)
{
	bool is_good = name.n > 0 && name.n < CLIENT_NAME_BYTES;
	for (size_t i = 0; i < name.n && is_good; i++)
		is_good = is_name_char(name.p[i]);
	return is_good || err_set(e, "a name is 1 to %d letters, digits and - . _ @ +",
				  CLIENT_NAME_BYTES - 1);
}

static bool has_name(const struct client *entry, struct str name)
{
	return strnlen(entry->name, sizeof entry->name) == name.n &&
	       memcmp(entry->name, name.p, name.n) == 0;
}

/* A revoked token's name is free again, so one that holds goes first. */
static const struct client *find_by_name(const struct clients *c, struct str name)
{
	const struct client *revoked = NULL;
	for (uint32_t ix = 0; ix < clients_count(c); ix++) {
		const struct client *entry = clients_at(c, ix);
		if (entry == NULL || !has_name(entry, name))
			continue;
		if (!client_is_revoked(entry))
			return entry;
		revoked = entry;
	}
	return revoked;
}

/* Before that nobody can say who has which name. */
static bool is_loaded(const struct clients *c, struct err *e)
{
	return clients_is_published(c) ||
	       err_set(e, "the tokens are in the ledger, which is not open yet; try "
			  "again, or see in `atlasctl status` what is wrong with it");
}

bool token_check_new(const struct clients *c, struct str name, struct err *e)
{
	if (!token_check_name(name, e))
		return false;
	if (!is_loaded(c, e))
		return false;
	if (clients_count(c) >= c->max)
		return err_set(e,
			"there is no room for another token: [server] max_clients is "
			"%u, revoked ones included",
			c->max);
	const struct client *entry = find_by_name(c, name);
	if (entry != NULL && !client_is_revoked(entry))
		return err_set(e, "a token named " STR_FMT " exists", STR_ARG(name));
	return true;
}

const struct client *token_find(const struct clients *c, struct str which)
{
	uint64_t id;
	const struct client *entry = NULL;
	if (which.n == 16 && num_parse_hex(which, &id))
		entry = clients_by_id(c, id);
	return entry != NULL ? entry : find_by_name(c, which);
}

const struct client *token_find_live(
	const struct clients *c, struct str which, struct err *e)
{
	if (!is_loaded(c, e))
		return NULL;
	const struct client *entry = token_find(c, which);
	if (entry == NULL)
		err_set(e, "no token has the id or name %.*s", (int)MIN(which.n, 64),
			which.p);
	else if (client_is_revoked(entry))
		err_set(e, "it is revoked already");
	else
		return entry;
	return NULL;
}

bool token_is_last_admin(const struct clients *c, const struct client *entry)
{
	bool is_last = entry->role == CLIENT_ADMIN;
	for (uint32_t ix = 0; is_last && ix < clients_count(c); ix++) {
		const struct client *other = clients_at(c, ix);
		is_last = other == NULL || other == entry ||
			  other->role != CLIENT_ADMIN || client_is_revoked(other);
	}
	return is_last;
}

/* ---- waiting --------------------------------------------------------------------------- */

static uint32_t row_of(const struct clients *c, uint64_t id)
{
	const struct client *entry = clients_by_id(c, id);
	must(entry != NULL);
	return clients_index_of(c, entry);
}

void token_wait_for(struct token_wait *w, const struct clients *c,
	const struct fact_head *fact, uint64_t position)
{
	const union fact *f = (const union fact *)fact;
	*w = (struct token_wait){.position = position, .kind = fact->kind};
	switch (w->kind) {
	case FACT_TOKEN:
		w->id = f->token.client_id;
		memcpy(w->hash, f->token.hash, sizeof w->hash);
		return;
	case FACT_TOKEN_REVOKE:
		w->id = f->token_revoke.client_id;
		break;
	default:
		must(w->kind == FACT_TOKEN_LIMITS);
		w->id = f->token_limits.client_id;
	}
	w->ix = row_of(c, w->id);
}

enum token_outcome token_look(
	const struct clients *c, const struct token_wait *w, uint64_t committed)
{
	if (committed < w->position)
		return TOKEN_UNDER_WAY;
	if (w->kind == FACT_TOKEN)
		return clients_find(c, w->hash) != NULL ? TOKEN_DONE : TOKEN_LOST;
	const struct client *entry = clients_at(c, w->ix);
	bool is_revoked = entry == NULL || client_is_revoked(entry);
	return is_revoked == (w->kind == FACT_TOKEN_REVOKE) ? TOKEN_DONE : TOKEN_LOST;
}

void token_id_format(uint64_t id, char out[static TOKEN_ID_BYTES])
{
	snprintf(out, TOKEN_ID_BYTES, "%016" PRIx64, id);
}

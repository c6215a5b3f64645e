/*
 * Death at every instruction of what record does to the client table: adding, revoking,
 * publishing. Its successor adds everything from the ledger again.
 */
#include "steps.h"

#include "segment/clients.h"

#include <stdatomic.h>
#include <string.h>

enum { AT_WORDS = 0, AT_TABLE = 1024, MAX_CLIENTS = 4 };

static struct clients clients_in(void *mem)
{
	struct map m = {mem, STEPS_MEM_BYTES, -1};
	struct clients c;
	struct clients_words *w = map_at(&m, AT_WORDS, sizeof *w, 64);
	(void)clients_layout(w, AT_TABLE, MAX_CLIENTS, 1);
	must(clients_attach(&c, &m, w));
	return c;
}

/* All hashes begin alike, so that they meet in the index. */
static struct client client_of(uint8_t number)
{
	struct client e = {
		.id = number, .role = CLIENT_CHAT, .created_ms = 10u * number};
	e.hash[31] = number;
	memset(e.name, 'a' + number, 3);
	return e;
}

static bool add(struct clients *c, uint8_t number, enum clients_verdict want)
{
	struct client e = client_of(number);
	return clients_add(c, &e) == want;
}

static bool is_found_whole(const struct clients *c, uint8_t number)
{
	struct client e = client_of(number);
	const struct client *found = clients_find(c, e.hash);
	return found != NULL && found->id == e.id && found->role == e.role &&
	       found->created_ms == e.created_ms && strcmp(found->name, e.name) == 0;
}

static void setup_one(void *mem)
{
	struct clients c = clients_in(mem);
	must(add(&c, 1, CLIENTS_ADDED));
}

static void run_add(void *mem)
{
	struct clients c = clients_in(mem);
	struct client e = client_of(2);
	(void)!clients_add(&c, &e);
}

/* It is whole or not there; the successor brings all three in, each once. */
static bool check_add(void *mem)
{
	struct clients c = clients_in(mem);
	struct client e = client_of(2);
	if (clients_find(&c, e.hash) != NULL && !is_found_whole(&c, 2))
		return false;
	if (!add(&c, 1, CLIENTS_KNOWN) || clients_add(&c, &e) == CLIENTS_FULL ||
		!add(&c, 3, CLIENTS_ADDED) || !add(&c, 2, CLIENTS_KNOWN))
		return false;
	for (uint8_t number = 1; number <= 3; number++)
		if (!is_found_whole(&c, number))
			return false;
	/* by id too, and revoking hits the one that is found */
	return clients_count(&c) == 3 && clients_revoke(&c, 2) &&
	       clients_find(&c, e.hash) == NULL;
}

static void run_revoke(void *mem)
{
	struct clients c = clients_in(mem);
	(void)!clients_revoke(&c, 1);
	clients_publish(&c);
}

static bool check_revoke(void *mem)
{
	struct clients c = clients_in(mem);
	struct client e = client_of(1);
	bool is_found = clients_find(&c, e.hash) != NULL;
	return clients_by_id(&c, 1) != NULL && !(is_found && clients_is_published(&c));
}

/* The mistake: the entry counts before it can be found. */
static void run_add_wrong(void *mem)
{
	struct clients c = clients_in(mem);
	struct client *e = &c.entries[1];
	struct client with = client_of(2);
	atomic_store_explicit(&e->generation, 1, memory_order_release);
	atomic_store_explicit(&c.index[2], 2, memory_order_release);
	atomic_store_explicit(&c.words->n, 2, memory_order_release);
	e->id = with.id;
	memcpy(e->hash, with.hash, sizeof e->hash);
	e->role = with.role;
	e->created_ms = with.created_ms;
	memcpy(e->name, with.name, sizeof e->name);
}

static const struct steps_case cases[] = {
	{"clients_add", setup_one, run_add, check_add, false},
	{"clients_revoke, clients_publish", setup_one, run_revoke, check_revoke, false},
	{"wrong: published before it is written", setup_one, run_add_wrong, check_add,
		true},
};

int main(void)
{
	return steps_main(cases, N_ELEMENTS(cases));
}

/*
 * Death at every instruction of what record does to the client table (adding, revoking,
 * publishing, other limits, what is spent; its successor does it all from the ledger
 * again) and of what a front does to what its clients use.
 */
#include "steps.h"

#include "base/clock.h"
#include "segment/client_use.h"

#include <stdatomic.h>
#include <string.h>

enum { AT_WORDS = 0, AT_TABLE = 1024, MAX_CLIENTS = 4, N_CHANNELS = 2 };

static struct clients clients_in(void *mem)
{
	struct map m = {mem, STEPS_MEM_BYTES, -1};
	struct clients c;
	struct clients_words *w = map_at(&m, AT_WORDS, sizeof *w, 64);
	(void)clients_layout(w, AT_TABLE, MAX_CLIENTS, N_CHANNELS);
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

static struct client_limits limits_of(uint64_t number)
{
	struct client_limits l = {.said = {number, number, number}};
	memset(l.models, 'a' + (int)number, 100);
	return l;
}

static bool has_limits(const struct clients *c, uint32_t ix, uint64_t number)
{
	struct client_limits l, want = limits_of(number);
	clients_limits(c, ix, &l);
	return memcmp(&l, &want, sizeof l) == 0;
}

static bool add(struct clients *c, uint8_t number, enum clients_verdict want)
{
	struct client e = client_of(number);
	struct client_limits l = limits_of(number);
	return clients_add(c, &e, &l) == want;
}

static bool is_found_whole(const struct clients *c, uint8_t number)
{
	struct client e = client_of(number);
	const struct client *found = clients_find(c, e.hash);
	return found != NULL && found->id == e.id && found->role == e.role &&
	       found->created_ms == e.created_ms && strcmp(found->name, e.name) == 0 &&
	       has_limits(c, clients_index_of(c, found), number);
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
	struct client_limits l = limits_of(2);
	(void)!clients_add(&c, &e, &l);
}

/* It is whole or not there; the successor brings all three in, each once. */
static bool check_add(void *mem)
{
	struct clients c = clients_in(mem);
	struct client e = client_of(2);
	if (clients_find(&c, e.hash) != NULL && !is_found_whole(&c, 2))
		return false;
	struct client_limits l = limits_of(2);
	if (!add(&c, 1, CLIENTS_KNOWN) || clients_add(&c, &e, &l) == CLIENTS_FULL ||
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

static void run_limits(void *mem)
{
	struct clients c = clients_in(mem);
	struct client_limits l = limits_of(3);
	clients_set_limits(&c, 0, &l);
}

/* The old ones or the new ones, and the successor brings the new ones in. */
static bool check_limits(void *mem)
{
	struct clients c = clients_in(mem);
	if (!has_limits(&c, 0, 1) && !has_limits(&c, 0, 3))
		return false;
	run_limits(mem);
	return has_limits(&c, 0, 3);
}

/* ---- spending ------------------------------------------------------------------------- */

enum { YESTERDAYS = 900, MORNING = 5, NOON = 7 };

static const uint64_t today_ms = UINT64_C(1796083200000); /* a Tuesday, the 1st */

static void setup_yesterday(void *mem)
{
	struct clients c = clients_in(mem);
	uint64_t spent[PERIODS] = {YESTERDAYS, YESTERDAYS, YESTERDAYS};
	clients_set_spent(&c, 0, today_ms - 1, spent);
}

static void setup_today(void *mem)
{
	struct clients c = clients_in(mem);
	uint64_t spent[PERIODS] = {MORNING, YESTERDAYS + MORNING, MORNING};
	setup_yesterday(mem);
	clients_set_spent(&c, 0, today_ms, spent);
}

static void run_spend(void *mem)
{
	struct clients c = clients_in(mem);
	uint64_t spent[PERIODS] = {NOON, YESTERDAYS + NOON, NOON};
	clients_set_spent(&c, 0, today_ms + 1, spent);
}

/* Never yesterday's as today's, never less than was published before. */
static bool spends(void *mem, uint64_t before)
{
	struct clients c = clients_in(mem);
	uint64_t spent[PERIODS];
	client_use_spent(&c, 0, today_ms + 2, spent);
	return (spent[PERIOD_DAY] == before || spent[PERIOD_DAY] == NOON) &&
	       (spent[PERIOD_MONTH] == before || spent[PERIOD_MONTH] == NOON) &&
	       spent[PERIOD_WEEK] >= YESTERDAYS + before &&
	       spent[PERIOD_WEEK] <= YESTERDAYS + NOON;
}

static bool check_spend_first(void *mem)
{
	return spends(mem, 0);
}

static bool check_spend_again(void *mem)
{
	return spends(mem, MORNING);
}

/* ---- holds: the victim is the front of channel 0, another one has channel 1 ------------- */

static void setup_holds(void *mem)
{
	struct clients c = clients_in(mem);
	client_use_hold(&c, 0, 0, 10);
	client_use_hold(&c, 1, 0, 100);
}

static void run_hold(void *mem)
{
	struct clients c = clients_in(mem);
	client_use_hold(&c, 0, 0, 20);
}

static void run_drop(void *mem)
{
	struct clients c = clients_in(mem);
	client_use_drop(&c, 0, 0, &(struct client_use){1, 10});
}

static bool holds_between(void *mem, struct client_use least, struct client_use most)
{
	struct clients c = clients_in(mem);
	struct client_use sum = client_use_held(&c, 0);
	if (sum.requests < least.requests || sum.requests > most.requests ||
		sum.nanousd < least.nanousd || sum.nanousd > most.nanousd)
		return false;
	/* what the master does with the dead front's row */
	memset(c.held, 0, c.max * sizeof c.held[0]);
	sum = client_use_held(&c, 0);
	return sum.requests == 1 && sum.nanousd == 100;
}

static bool check_hold(void *mem)
{
	return holds_between(
		mem, (struct client_use){2, 110}, (struct client_use){3, 130});
}

static bool check_drop(void *mem)
{
	return holds_between(
		mem, (struct client_use){1, 100}, (struct client_use){2, 110});
}

/* ---- rates: all or none is a promise to the living; the dead may have taken some ----------- */

static const uint64_t now_ns = 1000 * NS_PER_S;
static const struct client_take takes[CLIENT_RATES] = {
	[RATE_REQUESTS_MINUTE] = {{60, 60 * NS_PER_S, 6, 0}, 1},
	[RATE_TOKENS_MINUTE] = {{6000, 60 * NS_PER_S, 600, 6000}, 100},
};

static void run_take(void *mem)
{
	struct clients c = clients_in(mem);
	struct bucket_take t;
	(void)!client_use_take(&c, 0, takes, now_ns, &t);
}

static void run_correct(void *mem)
{
	struct clients c = clients_in(mem);
	struct bucket_use use = {.reserved = 100, .actual = 40, .taken_ns = now_ns};
	client_use_correct(&c, 0, RATE_TOKENS_MINUTE, &takes[RATE_TOKENS_MINUTE].rate,
		&use, now_ns);
}

static uint64_t left_of(const struct clients *c, enum client_rate which)
{
	return bucket_left(client_use_tat(c, 0, which), &takes[which].rate, now_ns);
}

static void setup_taken(void *mem)
{
	run_take(mem);
}

static bool check_take(void *mem)
{
	struct clients c = clients_in(mem);
	uint64_t requests = left_of(&c, RATE_REQUESTS_MINUTE);
	uint64_t tokens = left_of(&c, RATE_TOKENS_MINUTE);
	return (requests == 6 || requests == 5) && (tokens == 6000 || tokens == 500) &&
	       (requests == 5 || tokens == 6000) && client_use_tat(&c, 1, 0) == 0;
}

static bool check_correct(void *mem)
{
	struct clients c = clients_in(mem);
	uint64_t tokens = left_of(&c, RATE_TOKENS_MINUTE);
	return left_of(&c, RATE_REQUESTS_MINUTE) == 5 &&
	       (tokens == 500 || tokens == 560);
}

static void run_restore(void *mem)
{
	struct clients c = clients_in(mem);
	client_use_restore(&c, 0, RATE_REQUESTS_HOUR, NS_PER_S);
	client_use_restore(&c, 0, RATE_TOKENS_HOUR, 2 * NS_PER_S);
}

/* No front runs before its successor has done it all again. */
static bool check_restore(void *mem)
{
	struct clients c = clients_in(mem);
	run_restore(mem);
	return client_use_tat(&c, 0, RATE_REQUESTS_HOUR) == NS_PER_S &&
	       client_use_tat(&c, 0, RATE_TOKENS_HOUR) == 2 * NS_PER_S &&
	       client_use_tat(&c, 0, RATE_REQUESTS_MINUTE) == 0;
}

/* ---- mistakes, made on purpose ------------------------------------------------------------ */

/* The mistake: yesterday's amount stands under today's number. */
static void run_spend_wrong(void *mem)
{
	struct clients c = clients_in(mem);
	for (unsigned p = 0; p < PERIODS; p++) {
		atomic_store_explicit(&c.spent[0].number[p],
			period_number((enum period)p, today_ms), memory_order_release);
		atomic_store_explicit(&c.spent[0].nanousd[p],
			p == PERIOD_WEEK ? YESTERDAYS + NOON : NOON,
			memory_order_release);
	}
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
	{"clients_set_limits", setup_one, run_limits, check_limits, false},
	{"clients_set_spent, the first of a day", setup_yesterday, run_spend,
		check_spend_first, false},
	{"clients_set_spent, again", setup_today, run_spend, check_spend_again, false},
	{"client_use_hold", setup_holds, run_hold, check_hold, false},
	{"client_use_drop", setup_holds, run_drop, check_drop, false},
	{"client_use_take", NULL, run_take, check_take, false},
	{"client_use_restore", NULL, run_restore, check_restore, false},
	{"client_use_correct", setup_taken, run_correct, check_correct, false},
	{"wrong: the number before the amount", setup_yesterday, run_spend_wrong,
		check_spend_first, true},
	{"wrong: published before it is written", setup_one, run_add_wrong, check_add,
		true},
};

int main(void)
{
	return steps_main(cases, N_ELEMENTS(cases));
}

/*
 * Client tokens: a fixed table that record fills from the ledger and every front reads
 * on each request, and beside it what fronts and record know about each client.
 *
 *	index[hash % size] ──► clients[ix] { generation, hash, id, role, … }
 *	ids[id % size]     ──►
 *	                       limits[ix]        a page that record publishes
 *	                       rate[ix]          words changed by compare-and-swap (fronts)
 *	                       spent[ix]         record publishes
 *	                       refused[ix]       words that fronts set, and record and fronts clear
 *	                       held[channel][ix] each front its own row
 *
 * What is done with rate, spent, refused and held: client_use.h.
 *
 *	gone[ix]           what was revoked before record began: names for old rows
 *
 * Entries are only ever added; a revocation sets `revoked`, which holds for the next
 * request. Nothing is evicted. Full: clients_add() refuses, and so does `tokens create`; of more names that are gone than entries the rest is told by id.
 * Only the SHA-256 of a token is ever stored or compared.
 */
#ifndef SEGMENT_CLIENTS_H
#define SEGMENT_CLIENTS_H

#include "base/hash.h"
#include "decide/client_limits.h"
#include "decide/period.h"
#include "ipc/map.h"
#include "ipc/page.h"

enum client_role {
	CLIENT_NONE,
	CLIENT_CHAT,
	CLIENT_MONITOR,
	CLIENT_ADMIN,
	CLIENT_ROLES
};

enum { CLIENT_NAME_BYTES = 48 };

enum client_rate {
	RATE_REQUESTS_MINUTE,
	RATE_REQUESTS_HOUR,
	RATE_TOKENS_MINUTE,
	RATE_TOKENS_HOUR,
	CLIENT_RATES
};

/* W: record, before `generation` is stored; constant afterwards but for `revoked`. */
struct client {
	CACHE_ALIGNED _Atomic uint32_t
		generation;       /* 0 = not there; stored last, release */
	_Atomic uint32_t revoked; /* W: record, 0 → 1  R: fronts */
	uint64_t id;
	uint8_t hash[HASH_SHA256_BYTES];
	uint8_t role; /* enum client_role */
	uint8_t unused[7];
	uint64_t created_ms;
	char name[CLIENT_NAME_BYTES];
};

/* What a client may still take, as words that several fronts change by compare-and-swap:
 * each word is the whole truth. W: fronts; before `published` record, once  R: all */
struct client_rates {
	_Atomic uint64_t tat[CLIENT_RATES];
};

/* What is settled, for budgets: so much in the period of that number (period_number()).
 * An older period than now's is over, and nothing is spent in now's. W: record, the
 * amount before the number, release  R: fronts, ctl, the number first, acquire. */
struct client_spent {
	_Atomic uint64_t number[PERIODS], nanousd[PERIODS];
};

/* When a request was last refused for that budget, wall; 0 = never, or others were let in
 * since, or the budget was another one. Each word is the whole truth and stands alone:
 * relaxed. W: fronts, a refusal by a store, one let in by compare-and-swap; of another
 * budget record and fronts, a store of 0: a refusal beside it is lost for people, the next
 * one is not  R: all */
struct client_refused {
	_Atomic uint64_t wall_ms[PERIODS];
};

/* What one front has promised to its clients at this moment; admission sums the rows of
 * all fronts. W: that front, cleared by the master with its channel  R: fronts */
struct client_held {
	_Atomic uint64_t nanousd;
	_Atomic uint32_t requests;
	uint32_t unused;
};

/* W: record, before `published`; constant afterwards. By rising ids. */
struct client_gone {
	uint64_t id;
	char name[CLIENT_NAME_BYTES];
};

/* In the segment. */
struct clients_words {
	/* W: record: 1 = all tokens of the ledger are in, and what the master had pushed
	 * by then. Release; R: master, fronts */
	CACHE_ALIGNED _Atomic uint32_t published;
	_Atomic uint32_t n; /* entries in use. W: record  R: ctl; relaxed */
	/* W: record, before `published`  R: fronts, behind it; relaxed */
	_Atomic uint32_t n_gone;
	/* W: segment_create() */
	CACHE_ALIGNED uint32_t max;
	uint32_t index_size; /* a power of two, at least twice max */
	uint32_t n_channels; /* rows of held */
	uint32_t unused;
	uint64_t clients_offset, index_offset, ids_offset, limits_offset, rates_offset;
	uint64_t spent_offset, refused_offset, held_offset, gone_offset;
};

/* One process's view. */
struct clients {
	struct clients_words *words;
	struct client *entries;
	/* By hash and by id: entry + 1; 0 = empty. W: record  R: all */
	_Atomic uint32_t *index, *ids;
	uint8_t *limits; /* struct page each, of a struct client_limits */
	struct client_rates *rates;
	struct client_spent *spent;
	struct client_refused *refused;
	struct client_held *held; /* [channel * max + ix] */
	struct client_gone *gone;
	uint32_t max, index_size, n_channels;
};

/* Place the parts from `offset` on; returns the bytes taken. */
uint64_t clients_layout(
	struct clients_words *w, uint64_t offset, uint32_t max, uint32_t n_channels);
bool clients_attach(struct clients *c, const struct map *m,
	struct clients_words *w) ATTR_UNUSED_RESULT;

enum clients_verdict { CLIENTS_ADDED, CLIENTS_KNOWN, CLIENTS_FULL };

/* Record: add an entry with its limits unless its hash is there. Published by its
 * generation; a writer killed at any point leaves it whole or not there, and its successor
 * adds it again. Release; pairs with clients_find(). */
enum clients_verdict clients_add(struct clients *c, const struct client *entry,
	const struct client_limits *limits) ATTR_UNUSED_RESULT;

/* Record: other limits for the entry at ix, at once and whole. Release; pairs with
 * clients_limits(). */
void clients_set_limits(
	struct clients *c, uint32_t ix, const struct client_limits *limits);

/* What was said of the entry's limits; nothing is said of one that is not there. Acquire. */
void clients_limits(const struct clients *c, uint32_t ix, struct client_limits *out);

/* Record: from now on nobody gets in with it; false = no such id. */
bool clients_revoke(struct clients *c, uint64_t id) ATTR_UNUSED_RESULT;

/* Record: this one has been revoked and is in no entry; by rising ids. Nothing happens once
 * the table is published: whoever is revoked from then on has an entry. */
void clients_remember(struct clients *c, uint64_t id, const char *name);

/* Record: every token of the ledger is in the table. Release. */
void clients_publish(struct clients *c);
bool clients_is_published(const struct clients *c); /* acquire */

/* The entry with that token hash that is not revoked, or NULL. Compares the whole hash
 * in constant time. Acquire; pairs with clients_add(). */
const struct client *clients_find(
	const struct clients *c, const uint8_t hash[static HASH_SHA256_BYTES]);

/* By id or by position, revoked ones too; NULL = none. For lists and names. */
const struct client *clients_by_id(const struct clients *c, uint64_t id);
const struct client *clients_at(const struct clients *c, uint32_t ix);
uint32_t clients_count(const struct clients *c);

/* Whoever has, or had, that id; NULL = not known. */
const char *clients_name(const struct clients *c, uint64_t id);
uint32_t clients_index_of(const struct clients *c, const struct client *entry);
bool client_is_revoked(const struct client *entry);

const char *client_role_name(enum client_role r); /* "chat", "monitor", "admin" */
bool client_role_parse(struct str s, enum client_role *out) ATTR_UNUSED_RESULT;

#endif

/* The client table: record adds, fronts find. */
#include "segment/clients.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const role_names[CLIENT_ROLES] = {
	"none", "chat", "monitor", "admin"};

static uint64_t round_line(uint64_t n)
{
	return (n + CACHE_LINE_BYTES - 1) & ~(uint64_t)(CACHE_LINE_BYTES - 1);
}

static uint32_t index_size_for(uint32_t max)
{
	uint32_t size = 16;
	while (size < 2 * max)
		size *= 2;
	return size;
}

/* Where each entry's page of limits begins behind the last. */
static uint64_t limits_stride(void)
{
	return round_line(page_size_bytes(sizeof(struct client_limits)));
}

uint64_t clients_layout(
	struct clients_words *w, uint64_t offset, uint32_t max, uint32_t n_channels)
{
	uint64_t at = offset;
	w->max = max;
	w->index_size = index_size_for(max);
	w->n_channels = n_channels;
	w->clients_offset = at;
	at += (uint64_t)max * sizeof(struct client);
	w->index_offset = at;
	at += round_line(w->index_size * sizeof(uint32_t));
	w->ids_offset = at;
	at += round_line(w->index_size * sizeof(uint32_t));
	w->limits_offset = at;
	at += max * limits_stride();
	w->rates_offset = at;
	at += round_line((uint64_t)max * sizeof(struct client_rates));
	w->spent_offset = at;
	at += round_line((uint64_t)max * sizeof(struct client_spent));
	w->refused_offset = at;
	at += round_line((uint64_t)max * sizeof(struct client_refused));
	w->held_offset = at;
	at += round_line((uint64_t)max * n_channels * sizeof(struct client_held));
	w->gone_offset = at;
	at += round_line((uint64_t)max * sizeof(struct client_gone));
	return at - offset;
}

bool clients_attach(struct clients *c, const struct map *m, struct clients_words *w)
{
	uint64_t max = w->max, line = CACHE_LINE_BYTES;
	*c = (struct clients){.words = w,
		.entries =
			map_at(m, w->clients_offset, max * sizeof(struct client), line),
		.index = map_at(
			m, w->index_offset, w->index_size * sizeof(uint32_t), line),
		.ids = map_at(m, w->ids_offset, w->index_size * sizeof(uint32_t), line),
		.limits = map_at(m, w->limits_offset, max * limits_stride(), line),
		.rates = map_at(
			m, w->rates_offset, max * sizeof(struct client_rates), line),
		.spent = map_at(
			m, w->spent_offset, max * sizeof(struct client_spent), line),
		.refused = map_at(m, w->refused_offset,
			max * sizeof(struct client_refused), line),
		.held = map_at(m, w->held_offset,
			max * w->n_channels * sizeof(struct client_held), line),
		.gone = map_at(
			m, w->gone_offset, max * sizeof(struct client_gone), line),
		.max = w->max,
		.index_size = w->index_size,
		.n_channels = w->n_channels};
	return c->entries && c->index && c->ids && c->limits && c->rates && c->spent &&
	       c->refused && c->held && c->gone && max > 0 &&
	       (c->index_size & (c->index_size - 1)) == 0;
}

/* The entry an index cell names, or NULL: cells are checked, not trusted. */
static struct client *entry_in_cell(const struct clients *c, uint32_t cell)
{
	if (cell == 0 || cell > c->max)
		return NULL;
	struct client *e = &c->entries[cell - 1];
	/* pairs with the store in clients_add() */
	bool there = atomic_load_explicit(&e->generation, memory_order_acquire) != 0;
	return there ? e : NULL;
}

/* What one looks for in an index, and where that begins. */
struct wanted {
	_Atomic uint32_t *cells;
	uint32_t first;
	const uint8_t *hash; /* NULL = by id */
	uint64_t id;
};

static struct wanted want_hash(const struct clients *c, const uint8_t *hash)
{
	struct wanted w = {.cells = c->index, .hash = hash};
	memcpy(&w.first, hash, sizeof w.first);
	return w;
}

static struct wanted want_id(const struct clients *c, uint64_t id)
{
	return (struct wanted){
		.cells = c->ids, .first = (uint32_t)(id ^ id >> 32), .id = id};
}

static bool is_wanted(const struct client *e, const struct wanted *w)
{
	return w->hash != NULL ? hash_equal(e->hash, w->hash, HASH_SHA256_BYTES)
			       : e->id == w->id;
}

/* That entry, or NULL and the first empty cell in *empty. */
static struct client *find_any(
	const struct clients *c, const struct wanted *w, uint32_t *empty)
{
	for (uint32_t probe = 0; probe < c->index_size; probe++) {
		uint32_t at = (w->first + probe) & (c->index_size - 1);
		/* pairs with clients_add() */
		uint32_t cell =
			atomic_load_explicit(&w->cells[at], memory_order_acquire);
		struct client *e = entry_in_cell(c, cell);
		if (e != NULL && is_wanted(e, w))
			return e;
		if (cell == 0) {
			*empty = at;
			return NULL;
		}
	}
	*empty = c->index_size;
	return NULL;
}

/* Entries in use, one that a dead predecessor published but did not count included. */
static uint32_t recount(struct clients *c)
{
	uint32_t n = clients_count(c);
	if (n < c->max && clients_at(c, n) != NULL)
		atomic_store_explicit(&c->words->n, ++n, memory_order_release);
	return n;
}

enum clients_verdict clients_add(struct clients *c, const struct client *entry,
	const struct client_limits *limits)
{
	struct wanted hash = want_hash(c, entry->hash), id = want_id(c, entry->id);
	uint32_t cell, id_cell, n = recount(c);
	if (find_any(c, &hash, &cell) != NULL || find_any(c, &id, &id_cell) != NULL)
		return CLIENTS_KNOWN;
	if (n >= c->max || cell >= c->index_size || id_cell >= c->index_size)
		return CLIENTS_FULL;
	struct client *e = &c->entries[n];
	e->id = entry->id;
	memcpy(e->hash, entry->hash, sizeof e->hash);
	e->role = entry->role;
	e->created_ms = entry->created_ms;
	memcpy(e->name, entry->name, sizeof e->name);
	/* Relaxed: published by generation behind it. */
	atomic_store_explicit(
		&e->revoked, client_is_revoked(entry), memory_order_relaxed);
	clients_set_limits(c, n, limits);
	/* The cells first: until the generation is there they lead nowhere. Killed before
	 * that, the successor writes the same entry again and what is set is spent. */
	atomic_store_explicit(&c->index[cell], n + 1, memory_order_release);
	atomic_store_explicit(&c->ids[id_cell], n + 1, memory_order_release);
	/* pairs with entry_in_cell() */
	atomic_store_explicit(&e->generation, 1, memory_order_release);
	atomic_store_explicit(&c->words->n, n + 1, memory_order_release);
	return CLIENTS_ADDED;
}

static struct page *limits_page(const struct clients *c, uint32_t ix)
{
	must(ix < c->max);
	return (struct page *)(c->limits + ix * limits_stride());
}

void clients_set_limits(
	struct clients *c, uint32_t ix, const struct client_limits *limits)
{
	(void)page_publish(limits_page(c, ix), limits, sizeof *limits);
}

void clients_limits(const struct clients *c, uint32_t ix, struct client_limits *out)
{
	if (ix >= c->max || page_read(limits_page(c, ix), out, sizeof *out) == 0)
		*out = (struct client_limits){0};
	out->models[sizeof out->models - 1] = '\0'; /* it is input */
}

bool clients_revoke(struct clients *c, uint64_t id)
{
	(void)recount(c);
	const struct client *e = clients_by_id(c, id);
	if (e == NULL)
		return false;
	uint32_t ix = clients_index_of(c, e);
	atomic_store_explicit(&c->entries[ix].revoked, 1, memory_order_release);
	return true;
}

/* Relaxed: the writer's own, or published behind it. */
static uint32_t count_gone(const struct clients *c)
{
	uint32_t n = atomic_load_explicit(&c->words->n_gone, memory_order_relaxed);
	return MIN(n, c->max);
}

void clients_remember(struct clients *c, uint64_t id, const char *name)
{
	uint32_t n = count_gone(c);
	bool is_known = n > 0 && c->gone[n - 1].id >= id; /* by a dead predecessor */
	if (clients_is_published(c) || is_known || n == c->max)
		return;
	c->gone[n].id = id;
	snprintf(c->gone[n].name, sizeof c->gone[n].name, "%s", name);
	/* Relaxed: published behind it, and whoever succeeds us writes the same again. */
	atomic_store_explicit(&c->words->n_gone, n + 1, memory_order_relaxed);
}

void clients_publish(struct clients *c)
{
	/* pairs with clients_is_published() */
	atomic_store_explicit(&c->words->published, 1, memory_order_release);
}

bool clients_is_published(const struct clients *c)
{
	return atomic_load_explicit(&c->words->published, memory_order_acquire) != 0;
}

bool client_is_revoked(const struct client *entry)
{
	/* Acquire: a revocation holds for the next request. */
	return atomic_load_explicit(&entry->revoked, memory_order_acquire) != 0;
}

const struct client *clients_find(
	const struct clients *c, const uint8_t hash[static HASH_SHA256_BYTES])
{
	uint32_t cell;
	struct wanted w = want_hash(c, hash);
	const struct client *e = find_any(c, &w, &cell);
	return e != NULL && !client_is_revoked(e) ? e : NULL;
}

const struct client *clients_by_id(const struct clients *c, uint64_t id)
{
	uint32_t cell;
	struct wanted w = want_id(c, id);
	return find_any(c, &w, &cell);
}

static int compare_gone(const void *id, const void *gone)
{
	uint64_t a = *(const uint64_t *)id, b = ((const struct client_gone *)gone)->id;
	return (a > b) - (a < b);
}

const char *clients_name(const struct clients *c, uint64_t id)
{
	const struct client *e = clients_by_id(c, id);
	if (e != NULL)
		return e->name;
	uint32_t n = clients_is_published(c) ? count_gone(c) : 0;
	const struct client_gone *g =
		bsearch(&id, c->gone, n, sizeof *c->gone, compare_gone);
	return g != NULL ? g->name : NULL;
}

const struct client *clients_at(const struct clients *c, uint32_t ix)
{
	return ix < c->max ? entry_in_cell(c, ix + 1) : NULL;
}

uint32_t clients_count(const struct clients *c)
{
	uint32_t n = atomic_load_explicit(&c->words->n, memory_order_acquire);
	return MIN(n, c->max);
}

uint32_t clients_index_of(const struct clients *c, const struct client *entry)
{
	ptrdiff_t ix = entry - c->entries;
	must(ix >= 0 && (uint64_t)ix < c->max);
	return (uint32_t)ix;
}

const char *client_role_name(enum client_role r)
{
	return r < CLIENT_ROLES ? role_names[r] : "impossible";
}

bool client_role_parse(struct str s, enum client_role *out)
{
	for (unsigned i = CLIENT_CHAT; i < CLIENT_ROLES; i++) {
		if (strlen(role_names[i]) == s.n &&
			memcmp(role_names[i], s.p, s.n) == 0) {
			*out = (enum client_role)i;
			return true;
		}
	}
	return false;
}

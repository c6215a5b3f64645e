/* A small open-addressed table of sums. */
#include "store/tally.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS = 2 * TALLY_MAX_KEYS }; /* a power of two */

struct entry {
	struct key key;
	uint64_t hash;
	enum table table;
	uint64_t newest; /* 0 = not touched by this batch */
	struct totals totals;
};

struct span {
	struct key key;
	struct times times;
};

struct tally {
	uint32_t n, n_spans;
	uint16_t cell[CELLS]; /* entry + 1; 0 = empty */
	struct entry entry[TALLY_MAX_KEYS];
	struct span span[TALLY_MAX_TIMES];
};

_Static_assert((CELLS & (CELLS - 1)) == 0, "masked");
_Static_assert(TALLY_MAX_KEYS < UINT16_MAX, "a cell holds any entry");

struct tally *tally_new(void)
{
	struct tally *t = calloc(1, sizeof *t);
	must(t != NULL);
	return t;
}

void tally_free(struct tally *t)
{
	free(t);
}

bool tally_has_room(const struct tally *t)
{
	return t->n + ROLLUP_POINTS + 1 <= TALLY_MAX_KEYS &&
	       t->n_spans + TIERS <= TALLY_MAX_TIMES;
}

static uint64_t place_of(enum table table, struct str key)
{
	return hash_fast64(key.p, key.n, table);
}

static struct str str_of_key(const struct key *k)
{
	return (struct str){(const char *)k->bytes, k->n};
}

/* ---- gathering ----------------------------------------------------------------- */

static bool is_entry(
	const struct entry *e, uint64_t hash, enum table table, const struct key *k)
{
	return e->hash == hash && e->table == table && e->key.n == k->n &&
	       memcmp(e->key.bytes, k->bytes, k->n) == 0;
}

static struct entry *entry_of(struct tally *t, enum table table, const struct key *k)
{
	uint64_t hash = place_of(table, str_of_key(k));
	for (uint64_t at = hash & (CELLS - 1);; at = (at + 1) & (CELLS - 1)) {
		uint16_t cell = t->cell[at];
		if (cell != 0 && is_entry(&t->entry[cell - 1], hash, table, k))
			return &t->entry[cell - 1];
		if (cell != 0)
			continue;
		must(t->n < TALLY_MAX_KEYS);
		t->entry[t->n] =
			(struct entry){.key = *k, .hash = hash, .table = table};
		t->cell[at] = (uint16_t)++t->n;
		return &t->entry[t->n - 1];
	}
}

/* Newest first: a batch is mostly of one span a tier. */
static struct times *times_of(struct tally *t, const struct key *k)
{
	for (uint32_t i = t->n_spans; i-- > 0;)
		if (memcmp(t->span[i].key.bytes, k->bytes, k->n) == 0)
			return &t->span[i].times;
	must(t->n_spans < TALLY_MAX_TIMES);
	struct span *s = &t->span[t->n_spans++];
	*s = (struct span){.key = *k};
	return &s->times;
}

static void add_point(
	struct tally *t, const struct key *k, const struct totals *one, uint64_t newest)
{
	struct entry *e = entry_of(t, TABLE_POINTS, k);
	totals_add(&e->totals, one);
	e->newest = MAX(e->newest, newest);
}

static void add_points(struct tally *t, const struct row *r, const struct totals *one,
	uint64_t sequence)
{
	for (unsigned d = 0; d < DIMS; d++) {
		char buf[8];
		struct str name = rollup_name(r, (enum dim)d, buf);
		for (unsigned tier = 0; tier < TIERS; tier++) {
			uint64_t start = tier_of_ms((enum tier)tier, r->sent_ms);
			struct key k =
				key_of_point((uint8_t)tier, (uint8_t)d, start, name);
			bool names_newest = d == DIM_SESSION && tier == TIER_DAY;
			add_point(t, &k, one, names_newest ? sequence : 0);
		}
	}
}

void tally_add_row(struct tally *t, const struct row *r, uint64_t sequence)
{
	struct totals one = totals_of_row(r);
	struct key session = key_of_session(r->session);
	if (session.n > 0)
		totals_add(&entry_of(t, TABLE_SESSIONS, &session)->totals, &one);
	add_points(t, r, &one, sequence);
	for (unsigned tier = 0; tier < TIERS; tier++) {
		uint64_t start = tier_of_ms((enum tier)tier, r->sent_ms);
		struct key k = key_of_times((uint8_t)tier, start);
		times_add_row(times_of(t, &k), r);
	}
}

int tally_chain(struct tally *t, const struct store *s, MDB_txn *txn,
	const struct key *session, uint64_t sequence, uint64_t *previous)
{
	struct entry *e = entry_of(t, TABLE_SESSIONS, session);
	struct tally_record r = {.newest = e->newest};
	int rc = 0;
	if (e->newest == 0)
		rc = tally_get(s, txn, TABLE_SESSIONS, session, &r);
	*previous = r.newest;
	e->newest = sequence;
	return rc;
}

/* ---- stored records -------------------------------------------------------------- */

bool tally_open(
	struct str stored, enum table table, struct str key, struct tally_record *out)
{
	return seal_open(
		stored, out, sizeof *out, TOTALS_VERSION, place_of(table, key));
}

bool tally_open_times(struct str stored, struct str key, struct times *out)
{
	return seal_open(
		stored, out, sizeof *out, TIMES_VERSION, place_of(TABLE_TIMES, key));
}

int tally_get(const struct store *s, MDB_txn *txn, enum table table,
	const struct key *k, struct tally_record *out)
{
	struct str stored;
	*out = (struct tally_record){0};
	int rc = table_get(s, txn, table, k, &stored);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == 0 && !tally_open(stored, table, str_of_key(k), out))
		return MDB_CORRUPTED;
	return rc;
}

/* ---- folding --------------------------------------------------------------------- */

static int fold_entry(const struct entry *e, const struct store *s, MDB_txn *txn)
{
	struct tally_record r;
	int rc = tally_get(s, txn, e->table, &e->key, &r);
	if (rc != 0)
		return rc;
	totals_add(&r.totals, &e->totals);
	r.newest = MAX(r.newest, e->newest);
	seal_close(&r, sizeof r, TOTALS_VERSION, e->hash);
	return table_put(
		s, txn, e->table, &e->key, (struct str){(const char *)&r, sizeof r});
}

static int fold_span(struct span *span, const struct store *s, MDB_txn *txn)
{
	struct str stored, key = str_of_key(&span->key);
	struct times *t = &span->times;
	struct times before;
	int rc = table_get(s, txn, TABLE_TIMES, &span->key, &stored);
	if (rc == 0 && !tally_open_times(stored, key, &before))
		return MDB_CORRUPTED;
	if (rc == 0)
		times_merge(t, &before);
	else if (rc != MDB_NOTFOUND)
		return rc;
	seal_close(t, sizeof *t, TIMES_VERSION, place_of(TABLE_TIMES, key));
	return table_put(s, txn, TABLE_TIMES, &span->key,
		(struct str){(const char *)t, sizeof *t});
}

int tally_fold(struct tally *t, const struct store *s, MDB_txn *txn)
{
	int rc = 0;
	for (uint32_t i = 0; i < t->n && rc == 0; i++)
		rc = fold_entry(&t->entry[i], s, txn);
	for (uint32_t i = 0; i < t->n_spans && rc == 0; i++)
		rc = fold_span(&t->span[i], s, txn);
	t->n = t->n_spans = 0;
	memset(t->cell, 0, sizeof t->cell);
	return rc;
}

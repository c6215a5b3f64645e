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

struct tally {
	uint32_t n;
	uint16_t cell[CELLS]; /* entry + 1; 0 = empty */
	struct entry entry[TALLY_MAX_KEYS];
};

_Static_assert((CELLS & (CELLS - 1)) == 0, "masked");

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

bool tally_has_room(const struct tally *t, uint32_t n)
{
	return t->n + n <= TALLY_MAX_KEYS;
}

static uint64_t place_of(enum table table, const struct key *k)
{
	return hash_fast64(k->bytes, k->n, table);
}

static bool is_entry(
	const struct entry *e, uint64_t hash, enum table table, const struct key *k)
{
	return e->hash == hash && e->table == table && e->key.n == k->n &&
	       memcmp(e->key.bytes, k->bytes, k->n) == 0;
}

static struct entry *entry_of(struct tally *t, enum table table, const struct key *k)
{
	uint64_t hash = place_of(table, k);
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

void tally_add_row(
	struct tally *t, enum table table, const struct key *k, const struct row *r)
{
	totals_add_row(&entry_of(t, table, k)->totals, r);
}

bool tally_open(struct str stored, enum table table, const struct key *k,
	struct tally_record *out)
{
	return seal_open(stored, out, sizeof *out, TOTALS_VERSION, place_of(table, k));
}

int tally_get(const struct store *s, MDB_txn *txn, enum table table,
	const struct key *k, struct tally_record *out)
{
	struct str stored;
	*out = (struct tally_record){0};
	int rc = table_get(s, txn, table, k, &stored);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == 0 && !tally_open(stored, table, k, out))
		return MDB_CORRUPTED;
	return rc;
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

int tally_fold(struct tally *t, const struct store *s, MDB_txn *txn)
{
	int rc = 0;
	for (uint32_t i = 0; i < t->n && rc == 0; i++)
		rc = fold_entry(&t->entry[i], s, txn);
	t->n = 0;
	memset(t->cell, 0, sizeof t->cell);
	return rc;
}

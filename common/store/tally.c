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

static uint64_t place_of(enum table table, struct str key)
{
	return hash_fast64(key.p, key.n, table);
}

static struct str str_of_key(const struct key *k)
{
	return (struct str){(const char *)k->bytes, k->n};
}

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
		t->entry[t->n] = (struct entry){*k, hash, table, {0}};
		t->cell[at] = (uint16_t)++t->n;
		return &t->entry[t->n - 1];
	}
}

void tally_add_row(
	struct tally *t, enum table table, const struct key *k, const struct row *r)
{
	totals_add_row(&entry_of(t, table, k)->totals, r);
}

bool tally_open(struct str stored, enum table table, struct str key, struct totals *out)
{
	struct tally_record r;
	if (!seal_open(stored, &r, sizeof r, TOTALS_VERSION, place_of(table, key)))
		return false;
	*out = r.totals;
	return true;
}

static int fold_entry(const struct entry *e, const struct store *s, MDB_txn *txn)
{
	struct tally_record r = {0};
	struct str stored;
	int rc = table_get(s, txn, e->table, &e->key, &stored);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;
	if (rc == 0 && !tally_open(stored, e->table, str_of_key(&e->key), &r.totals))
		return MDB_CORRUPTED;
	totals_add(&r.totals, &e->totals);
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

/* Two walks side by side: the spans of a tier, and those of the finer one. */
#include "store/verify_times.h"

#include "store/tally.h"

#include <string.h>

struct side {
	MDB_cursor *cursor;
	enum tier tier;
	uint64_t start; /* of the span here; UINT64_MAX = no more */
	struct times times;
};

/* What is damaged is empty here: its checksum has told already. */
static int take(struct side *d, int rc, struct str key, struct str value)
{
	struct key prefix = key_of_times((uint8_t)d->tier, 0);
	d->start = UINT64_MAX;
	if (rc != 0)
		return rc == MDB_NOTFOUND ? 0 : rc;
	if (!key_has_prefix(key, &prefix, 1))
		return 0;
	if (!key_number(key, &d->start))
		return MDB_CORRUPTED;
	if (!tally_open_times(value, key, &d->times))
		d->times = (struct times){.wait = {.n = 0}};
	return 0;
}

static int step(struct side *d)
{
	struct str key = {0}, value = {0};
	int rc = walk_step(d->cursor, MDB_NEXT, &key, &value);
	return take(d, rc, key, value);
}

static int begin(struct side *d, const struct store *s, MDB_txn *txn, enum tier tier,
	uint64_t from)
{
	struct str key = {0}, value = {0};
	struct key first = key_of_times((uint8_t)tier, from);
	*d = (struct side){.tier = tier};
	int rc = table_walk(s, txn, TABLE_TIMES, &d->cursor);
	if (rc != 0)
		return rc;
	rc = walk_seek(d->cursor, &first, &key, &value);
	return take(d, rc, key, value);
}

static bool is_same(const struct times *a, const struct times *b)
{
	return memcmp(&a->wait, &b->wait, sizeof *a - offsetof(struct times, wait)) ==
	       0;
}

/* What the finer spans up to `end` come to. */
static int add_up(struct side *fine, uint64_t end, struct times *sum)
{
	int rc = 0;
	*sum = (struct times){.wait = {.n = 0}};
	while (rc == 0 && fine->start < end) {
		times_merge(sum, &fine->times);
		rc = step(fine);
	}
	return rc;
}

static int compare(struct side *coarse, struct side *fine, uint64_t *n)
{
	uint64_t ratio = tier_ms(coarse->tier) / tier_ms(fine->tier);
	int rc = 0;
	while (rc == 0 && coarse->start != UINT64_MAX) {
		struct times sum;
		rc = add_up(fine, (coarse->start + 1) * ratio, &sum);
		if (rc != 0)
			break;
		*n += !is_same(&sum, &coarse->times);
		rc = step(coarse);
	}
	*n += fine->start != UINT64_MAX;
	return rc;
}

int verify_times(
	const struct store *s, MDB_txn *txn, enum tier tier, uint64_t from, uint64_t *n)
{
	struct side coarse, fine = {.cursor = NULL};
	uint64_t ratio = tier_ms(tier) / tier_ms(tier - 1);
	*n = 0;
	int rc = begin(&coarse, s, txn, tier, from);
	if (rc == 0)
		rc = begin(&fine, s, txn, tier - 1, from * ratio);
	if (rc == 0)
		rc = compare(&coarse, &fine, n);
	if (coarse.cursor != NULL)
		mdb_cursor_close(coarse.cursor);
	if (fine.cursor != NULL)
		mdb_cursor_close(fine.cursor);
	return rc;
}

/* Bounded reads. */
#include "store/slice.h"

#include "base/clock.h"

enum { CLOCK_EVERY = 64 };

int slice_begin(struct slice *sl, const struct store *s, enum table t, uint32_t max)
{
	*sl = (struct slice){
		.store = s, .until_ns = clock_mono_ns() + QUERY_SLICE_NS, .max = max};
	int rc = tables_begin_read(s, &sl->txn);
	return rc != 0 ? rc : table_walk(s, sl->txn, t, &sl->cursor);
}

/* Must stand in that order to `last`. */
static int step(struct slice *sl, MDB_cursor_op op, int order, struct str last,
	struct str *key, struct str *value)
{
	int rc = walk_step(sl->cursor, op, key, value);
	bool is_astray = rc == 0 && key_compare(*key, last) * order <= 0;
	return is_astray ? MDB_CORRUPTED : rc;
}

int slice_next(struct slice *sl, struct str *key, struct str *value)
{
	return step(sl, MDB_NEXT, 1, *key, key, value);
}

int slice_previous(struct slice *sl, struct str *key, struct str *value)
{
	return step(sl, MDB_PREV, -1, *key, key, value);
}

/* The key before the place that was found lies before k. */
int slice_seek(
	struct slice *sl, const struct key *k, struct str *key, struct str *value)
{
	struct str wanted = {(const char *)k->bytes, k->n}, before, ignored;
	int found = walk_seek(sl->cursor, k, key, value);
	if (found != 0 && found != MDB_NOTFOUND)
		return found;
	if (found == 0 && key_compare(*key, wanted) < 0)
		return MDB_CORRUPTED;
	int rc = step(
		sl, found == 0 ? MDB_PREV : MDB_LAST, -1, wanted, &before, &ignored);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;
	return found != 0 ? found : walk_seek(sl->cursor, k, key, value);
}

bool slice_is_full(struct slice *sl)
{
	sl->n++;
	return sl->n >= sl->max ||
	       (sl->n % CLOCK_EVERY == 0 && clock_mono_ns() >= sl->until_ns);
}

enum query_verdict slice_end(struct slice *sl, int rc, struct err *e)
{
	if (sl->cursor != NULL)
		mdb_cursor_close(sl->cursor);
	if (sl->txn != NULL)
		tables_end_read(sl->store, sl->txn);
	if (rc == 0)
		return QUERY_MORE;
	if (rc == MDB_NOTFOUND)
		return QUERY_DONE;
	tables_err(e, rc, "read");
	return QUERY_FAILED;
}

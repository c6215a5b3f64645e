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

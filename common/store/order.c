/* How far rows are out of order. */
#include "store/order.h"

#include "base/num.h"

enum { SLACK_MS = 60000 };

static int get(const struct store *s, MDB_txn *txn, struct order *out)
{
	return tables_get_meta(s, txn, META_ORDER, out, sizeof *out, STATE_VERSION);
}

static int note_back(
	const struct store *s, MDB_txn *txn, uint64_t sequence, uint64_t back_ms)
{
	struct order o;
	int rc = get(s, txn, &o);
	if (rc != 0)
		return rc;
	o.back_ms = MAX(o.back_ms, back_ms);
	o.sequence = sequence;
	return tables_put_meta(s, txn, META_ORDER, &o, sizeof o, STATE_VERSION);
}

int order_note(const struct store *s, MDB_txn *txn, uint64_t *newest_ms,
	uint64_t sequence, uint64_t sent_ms)
{
	uint64_t back_ms = num_sub_sat(*newest_ms, sent_ms);
	*newest_ms = MAX(*newest_ms, sent_ms);
	return back_ms > SLACK_MS ? note_back(s, txn, sequence, back_ms) : 0;
}

/* The oldest row that is kept; UINT64_MAX = there is none. */
static int first_row(const struct store *s, MDB_txn *txn, uint64_t *sequence)
{
	MDB_cursor *c;
	struct str key, value;
	*sequence = UINT64_MAX;
	int rc = table_walk(s, txn, TABLE_ROWS, &c);
	if (rc != 0)
		return rc;
	rc = walk_step(c, MDB_FIRST, &key, &value);
	if (rc == 0 && !key_number(key, sequence))
		rc = MDB_CORRUPTED;
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int order_earlier(const struct store *s, MDB_txn *txn, uint64_t wall_ms, uint64_t *ms)
{
	struct order o;
	uint64_t first;
	int rc = get(s, txn, &o);
	if (rc == 0)
		rc = first_row(s, txn, &first);
	if (rc != 0)
		return rc;
	uint64_t back_ms = first <= o.sequence ? o.back_ms : 0;
	*ms = num_sub_sat(wall_ms, num_add_sat(back_ms, SLACK_MS));
	return 0;
}

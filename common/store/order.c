/* How far rows are out of order. */
#include "store/order.h"

#include "base/num.h"

enum { PLACE = 3, SLACK_MS = 60000 };

static struct key order_key(void)
{
	return (struct key){.n = 5, .bytes = "order"};
}

static int get(const struct store *s, MDB_txn *txn, struct order *out)
{
	struct key k = order_key();
	struct str stored;
	*out = (struct order){.back_ms = 0};
	int rc = table_get(s, txn, TABLE_META, &k, &stored);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == 0 && !seal_open(stored, out, sizeof *out, STATE_VERSION, PLACE))
		rc = MDB_CORRUPTED;
	return rc;
}

static int note_back(
	const struct store *s, MDB_txn *txn, uint64_t sequence, uint64_t back_ms)
{
	struct key k = order_key();
	struct order o;
	int rc = get(s, txn, &o);
	if (rc != 0)
		return rc;
	o.back_ms = MAX(o.back_ms, back_ms);
	o.sequence = sequence;
	seal_close(&o, sizeof o, STATE_VERSION, PLACE);
	return table_put(
		s, txn, TABLE_META, &k, (struct str){(const char *)&o, sizeof o});
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

int order_check(const struct store *s, MDB_txn *txn)
{
	struct order o;
	return get(s, txn, &o);
}

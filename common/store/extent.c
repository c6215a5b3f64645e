/* The old end of the rows. */
#include "store/extent.h"

#include "store/chain.h"
#include "store/tables.h"

/* When the oldest row of the chain was closed. */
static int oldest_closed(
	const struct store *s, MDB_txn *txn, const struct state *state, uint64_t *ms)
{
	struct link link;
	struct row r;
	struct str stored;
	struct key number = key_of_number(state->anchor.number + 1);
	int rc = table_get(s, txn, TABLE_CHAIN, &number, &stored);
	if (rc != 0)
		return rc;
	if (!chain_open(stored, &link))
		return MDB_NOTFOUND;
	struct key sequence = key_of_number(link.sequence);
	rc = table_get(s, txn, TABLE_ROWS, &sequence, &stored);
	if (rc != 0)
		return rc;
	if (!row_open(&r, stored, link.sequence))
		return MDB_NOTFOUND;
	*ms = r.done_ms;
	return 0;
}

static int read_extent(const struct store *s, MDB_txn *txn, struct extent *out)
{
	struct state state;
	uint64_t closed_ms = 0;
	int rc = tables_get_state(s, txn, &state);
	*out = (struct extent){0};
	if (rc != 0 || state.anchor.number == 0)
		return rc;
	out->n_gone = state.anchor.number;
	rc = oldest_closed(s, txn, &state, &closed_ms);
	if (rc == MDB_NOTFOUND) { /* none is left, or it is damaged */
		closed_ms = state.total.last_ms;
		rc = 0;
	}
	out->whole_ms = closed_ms + 1;
	return rc;
}

bool extent_read(struct store *s, struct extent *out, struct err *e)
{
	MDB_txn *txn;
	int rc = tables_begin_read(s, &txn);
	if (rc == 0) {
		rc = read_extent(s, txn, out);
		tables_end_read(s, txn);
	}
	return rc == 0 || tables_err(e, rc, "read");
}

bool extent_has_lost(
	const struct extent *before, const struct extent *now, uint64_t from_ms)
{
	return now->n_gone != before->n_gone &&
	       now->whole_ms > MAX(from_ms, before->whole_ms);
}

/* The record of alerts that fire. */
#include "store/firing.h"

#include "store/apply.h"
#include "store/tables.h"

/* A damaged one is none: what fires will fire again. */
static int get(const struct store *s, MDB_txn *txn, struct firing *out)
{
	int rc = tables_get_meta(s, txn, META_FIRING, out, sizeof *out, FIRING_VERSION);
	if (rc == MDB_CORRUPTED)
		*out = (struct firing){0};
	return rc == MDB_CORRUPTED ? 0 : rc;
}

bool firing_read(struct store *s, struct firing *out, struct err *e)
{
	MDB_txn *txn;
	int rc = tables_begin_read(s, &txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	rc = get(s, txn, out);
	tables_end_read(s, txn);
	return rc == 0 || tables_err(e, rc, "the alerts that fire");
}

int firing_put(const struct store *s, MDB_txn *txn, struct firing *f)
{
	return tables_put_meta(s, txn, META_FIRING, f, sizeof *f, FIRING_VERSION);
}

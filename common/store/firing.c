/* The record of alerts that fire. */
#include "store/firing.h"

#include "store/apply.h"
#include "store/tables.h"

enum { FIRING_PLACE = 3 };

static struct key firing_key(void)
{
	return (struct key){.n = 6, .bytes = "firing"};
}

static int get(const struct store *s, MDB_txn *txn, struct firing *out)
{
	struct key k = firing_key();
	struct str stored;
	int rc = table_get(s, txn, TABLE_META, &k, &stored);
	if (rc != 0 ||
		!seal_open(stored, out, sizeof *out, FIRING_VERSION, FIRING_PLACE))
		*out = (struct firing){0};
	return rc == MDB_NOTFOUND ? 0 : rc;
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
	struct key k = firing_key();
	seal_close(f, sizeof *f, FIRING_VERSION, FIRING_PLACE);
	return table_put(
		s, txn, TABLE_META, &k, (struct str){(const char *)f, sizeof *f});
}

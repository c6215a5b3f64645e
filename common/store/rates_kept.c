/* Rates, for the disk and from it. */
#include "store/rates_kept.h"

#include "base/hash.h"
#include "store/apply.h"
#include "store/tables.h"

#include <string.h>

static uint64_t number_of(const struct rates *r)
{
	uint64_t n = hash_fast64(r, sizeof *r, 0);
	return n != 0 ? n : 1;
}

bool rates_are_possible(const struct rates *r)
{
	return r->tier < MODEL_TIERS && r->model[sizeof r->model - 1] == '\0';
}

bool rates_open(struct rates *out, struct str stored, uint64_t number)
{
	struct rates_kept k;
	if (!seal_open(stored, &k, sizeof k, RATES_VERSION, number))
		return false;
	*out = k.rates;
	return number_of(out) == number && rates_are_possible(out);
}

static int put_new(
	const struct store *s, MDB_txn *txn, const struct rates *r, uint64_t *number)
{
	struct rates_kept kept = {.rates = *r};
	struct key k = key_of_number(*number);
	MDB_stat stat;
	int rc = mdb_stat(txn, s->dbi[TABLE_RATES], &stat);
	if (rc != 0)
		return rc;
	if (stat.ms_entries >= RATES_MAX) {
		*number = 0;
		return 0;
	}
	seal_close(&kept, sizeof kept, RATES_VERSION, *number);
	return table_add(s, txn, TABLE_RATES, &k,
		(struct str){(const char *)&kept, sizeof kept});
}

int rates_note(struct batch *b, const struct rates *r, uint64_t *number)
{
	struct str stored;
	*number = 0;
	if (r->model[0] == '\0')
		return 0;
	*number = number_of(r);
	uint64_t *known = &b->rates[*number % BATCH_RATES];
	if (*known == *number)
		return 0;
	struct key k = key_of_number(*number);
	int rc = table_get(b->store, b->txn, TABLE_RATES, &k, &stored);
	if (rc == MDB_NOTFOUND)
		rc = put_new(b->store, b->txn, r, number);
	if (rc == 0 && *number != 0)
		*known = *number;
	return rc;
}

bool rates_find(struct store *s, uint64_t number, struct rates *out, struct err *e)
{
	struct key k = key_of_number(number);
	struct str stored;
	MDB_txn *txn;
	memset(out, 0, sizeof *out);
	if (number == 0)
		return true;
	int rc = tables_begin_read(s, &txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	rc = table_get(s, txn, TABLE_RATES, &k, &stored);
	if (rc == 0 && !rates_open(out, stored, number))
		memset(out, 0, sizeof *out);
	tables_end_read(s, txn);
	return rc == 0 || rc == MDB_NOTFOUND || tables_err(e, rc, "rates");
}

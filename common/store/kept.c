/* The states of keys, and resets, from facts to their record and back. */
#include "store/kept.h"

#include "store/apply.h"
#include "store/tables.h"

#include <string.h>

static int get(const struct store *s, MDB_txn *txn, struct kept *out)
{
	int rc = tables_get_meta(s, txn, META_KEPT, out, sizeof *out, KEPT_VERSION);
	return rc == 0 && out->n > KEPT_KEYS ? MDB_CORRUPTED : rc;
}

/* The last step of a fact's effect. */
static enum ledger_verdict put(struct batch *b, struct kept *kept)
{
	b->rc = tables_put_meta(
		b->store, b->txn, META_KEPT, kept, sizeof *kept, KEPT_VERSION);
	if (b->rc != 0)
		return LEDGER_FAILED;
	b->state.sequence++;
	return LEDGER_APPLIED;
}

static void take_out(struct kept *kept, uint64_t ix)
{
	memmove(&kept->key[ix], &kept->key[ix + 1],
		(KEPT_KEYS - 1 - ix) * sizeof kept->key[0]);
	kept->n--;
	memset(&kept->key[kept->n], 0, sizeof kept->key[0]);
}

static void forget(struct kept *kept, const char *name)
{
	for (uint64_t i = 0; i < kept->n; i++)
		if (strncmp(kept->key[i].name, name, FACT_KEY_BYTES) == 0) {
			take_out(kept, i);
			return;
		}
}

enum ledger_verdict apply_stabilizer(struct batch *b, const struct fact_stabilizer *f)
{
	struct kept kept;
	if (f->state.state >= STABILIZER_STATES || f->state.cause >= STABILIZER_CAUSES)
		return LEDGER_BAD;
	b->rc = get(b->store, b->txn, &kept);
	if (b->rc != 0)
		return LEDGER_FAILED;
	forget(&kept, f->key);
	if (f->state.state != STABILIZER_STEADY) {
		if (kept.n == KEPT_KEYS)
			take_out(&kept, 0);
		struct kept_key *k = &kept.key[kept.n++];
		memcpy(k->name, f->key, strnlen(f->key, sizeof k->name - 1));
		k->told = (struct moment){f->boot, f->boot_ns, f->head.wall_ms};
		k->state = f->state;
	}
	return put(b, &kept);
}

enum ledger_verdict apply_reset(struct batch *b, const struct fact_reset *f)
{
	struct kept kept;
	(void)f;
	b->rc = get(b->store, b->txn, &kept);
	if (b->rc != 0)
		return LEDGER_FAILED;
	kept = (struct kept){.reset_sequence = b->state.sequence + 1};
	return put(b, &kept);
}

bool kept_read(struct store *s, struct kept *out, struct err *e)
{
	MDB_txn *txn;
	int rc = tables_begin_read(s, &txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	rc = get(s, txn, out);
	tables_end_read(s, txn);
	return rc == 0 || tables_err(e, rc, "the states of keys");
}

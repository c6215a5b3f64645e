/* The ledger's life: opening, transactions, the end at the first failure. */
#include "store/ledger.h"

#include "store/apply_prune.h"
#include "store/copy.h"
#include "store/page_metas.h"
#include "store/place.h"

#include <stdlib.h>

/* So much more than max_bytes a rehearsal may need: it is never in the file. */
#define REHEARSAL_BYTES (UINT64_C(256) << 20)

/* Rows given up in one transaction when the ledger is opened under a new segment. */
enum { LOSSES_PER_COMMIT = 10000 };

struct ledger {
	struct store store;
	struct place place;
	struct batch batch;
	struct copy copy; /* of it, that stands in its place */
	bool has_failed;
	bool is_rehearsal; /* its one transaction is open, and held by the store */
};

/* ---- transactions ------------------------------------------------------------- */

static bool fail(struct ledger *l, int rc, const char *what, struct err *e)
{
	l->has_failed = true;
	return tables_err(e, rc, what);
}

bool ledger_begin(struct ledger *l, struct err *e)
{
	if (l->has_failed)
		return err_set(e, "the ledger: an earlier commit failed");
	if (l->is_rehearsal)
		return true;
	must(l->batch.txn == NULL);
	int rc = mdb_txn_begin(l->store.env, NULL, 0, &l->batch.txn);
	return rc == 0 || fail(l, rc, "begin", e);
}

static void abort_batch(struct ledger *l)
{
	if (l->batch.txn != NULL)
		mdb_txn_abort(l->batch.txn);
	l->batch.txn = NULL;
	l->store.held = NULL;
}

/* Everything gathered, then the state, then the disk. */
static int finish_batch(struct batch *b, bool is_rehearsal)
{
	if (b->rc != 0 || !apply_fold(b))
		return b->rc;
	int rc = tables_put_state(b->store, b->txn, &b->state);
	if (rc != 0 || is_rehearsal)
		return rc;
	rc = mdb_txn_commit(b->txn); /* frees it, whatever comes of it */
	b->txn = NULL;
	return rc;
}

bool ledger_commit(struct ledger *l, struct err *e)
{
	must(l->batch.txn != NULL);
	int rc = finish_batch(&l->batch, l->is_rehearsal);
	if (rc == 0)
		return true;
	abort_batch(l);
	return fail(l, rc, "commit", e);
}

void ledger_name_token(struct ledger *l, union fact *f)
{
	struct batch *b = &l->batch;
	must(b->txn != NULL);
	if (b->rc == 0 && f->head.kind == FACT_TOKEN && f->token.yields_name == 1)
		apply_name(b, &f->token);
}

enum ledger_verdict ledger_apply_text(struct ledger *l, uint32_t slot,
	uint64_t position, const union fact *f, struct str text)
{
	struct batch *b = &l->batch;
	must(b->txn != NULL && slot < MAX_SLOTS);
	if (b->rc != 0)
		return LEDGER_FAILED;
	if (position <= b->state.position[slot])
		return LEDGER_REPEATED;
	enum ledger_verdict v = apply_fact(b, f, text);
	if (v != LEDGER_FAILED)
		b->state.position[slot] = position;
	return v;
}

enum ledger_verdict ledger_apply(
	struct ledger *l, uint32_t slot, uint64_t position, const union fact *f)
{
	return ledger_apply_text(l, slot, position, f, (struct str){"", 0});
}

enum ledger_verdict ledger_add(struct ledger *l, const union fact *f)
{
	struct batch *b = &l->batch;
	must(b->txn != NULL);
	if (b->rc != 0)
		return LEDGER_FAILED;
	return apply_fact(b, f, (struct str){"", 0});
}

void ledger_skip(struct ledger *l, uint32_t slot, uint64_t position)
{
	must(l->batch.txn != NULL && slot < MAX_SLOTS);
	uint64_t *known = &l->batch.state.position[slot];
	*known = MAX(*known, position);
}

bool ledger_keep_firing(struct ledger *l, struct firing *f, struct err *e)
{
	if (!ledger_begin(l, e))
		return false;
	l->batch.rc = firing_put(&l->store, l->batch.txn, f);
	return ledger_commit(l, e);
}

bool ledger_prune(struct ledger *l, const struct prune_policy *p, uint32_t max,
	uint32_t *n, struct err *e)
{
	must(!l->is_rehearsal);
	if (!ledger_begin(l, e))
		return false;
	l->batch.rc = prune_some(&l->batch, p, max, n);
	if (l->batch.rc != 0 || *n > 0)
		return ledger_commit(l, e);
	abort_batch(l);
	return true;
}

/* ---- what a new segment finds --------------------------------------------------- */

/* The oldest OPEN rows' sequences, at most max. */
static int list_open(struct batch *b, uint64_t *sequence, uint32_t max, uint32_t *n)
{
	MDB_cursor *c;
	struct str key, value;
	*n = 0;
	int rc = table_walk(b->store, b->txn, TABLE_OPEN, &c);
	if (rc != 0)
		return rc;
	for (rc = walk_step(c, MDB_FIRST, &key, &value); rc == 0 && *n < max;
		rc = walk_step(c, MDB_NEXT, &key, &value)) {
		if (!key_number(key, &sequence[*n])) {
			rc = MDB_CORRUPTED;
			break;
		}
		(*n)++;
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static void lose(
	struct batch *b, uint64_t sequence, uint64_t now_ms, struct ledger_found *found)
{
	switch (apply_loss(b, sequence, now_ms)) {
	case LEDGER_APPLIED:
		found->n_lost++;
		break;
	case LEDGER_BAD:
		found->n_bad_rows++;
		break;
	default:
		break; /* b->rc has it */
	}
}

static void start_positions(struct state *s, uint64_t instance)
{
	s->instance = instance;
	for (size_t i = 0; i < MAX_SLOTS; i++)
		s->position[i] = 0;
}

/* One transaction of losses; the one that finds no more also starts the positions of the
 * new segment, so a death in between begins again where it was. */
static bool close_some_intents(struct ledger *l, uint64_t instance, uint64_t now_ms,
	struct ledger_found *found, struct err *e)
{
	struct batch *b = &l->batch;
	uint32_t n;
	if (!ledger_begin(l, e))
		return false;
	uint64_t *open = malloc(LOSSES_PER_COMMIT * sizeof *open);
	must(open != NULL);
	b->rc = list_open(b, open, LOSSES_PER_COMMIT, &n);
	for (uint32_t i = 0; i < n && b->rc == 0; i++)
		lose(b, open[i], now_ms, found);
	free(open);
	if (n < LOSSES_PER_COMMIT)
		start_positions(&b->state, instance);
	return ledger_commit(l, e);
}

bool ledger_follow(struct ledger *l, uint64_t instance, uint64_t now_ms,
	struct ledger_found *found, struct err *e)
{
	must(instance != 0);
	while (l->batch.state.instance != instance)
		if (!close_some_intents(l, instance, now_ms, found, e))
			return false;
	return true;
}

/* ---- opening -------------------------------------------------------------------- */

/* The first commit of a fresh environment: empty tables and a first state. */
static bool fill_fresh(const char *dir, void *arg, struct err *e)
{
	const struct ledger_plan *plan = arg;
	struct store s = {0};
	struct state state = {0};
	MDB_txn *txn;
	if (!tables_open_env(&s, dir, plan->max_bytes, e))
		return false;
	int rc = mdb_txn_begin(s.env, NULL, 0, &txn);
	if (rc == 0) {
		rc = tables_open(&s, txn, true);
		if (rc == 0)
			rc = tables_put_state(&s, txn, &state);
		if (rc == 0)
			rc = mdb_txn_commit(txn);
		else
			mdb_txn_abort(txn);
	}
	tables_close(&s);
	return rc == 0 || tables_err(e, rc, dir);
}

/* A writer that dies between its commit and telling so in the lock file, which others keep
 * open, leaves all who begin to read at the commit before. LMDB puts that right for whoever
 * has the writer's lock next: that must be us, before we read what we go on from. */
static bool follow_the_dead(struct store *s, struct err *e)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (rc != 0)
		return tables_err(e, rc, "begin");
	mdb_txn_abort(txn);
	return true;
}

/* A commit of nothing new, where a meta page is not what the state says: it writes the
 * other one of the two again, so that verify has nothing to tell. */
static bool cover(struct ledger *l, struct ledger_found *found, struct err *e)
{
	struct batch *b = &l->batch;
	struct page_metas m;
	if (!ledger_begin(l, e))
		return false;
	uint64_t txn = mdb_txn_id(b->txn) - 1;
	b->rc = page_metas_read(b->store, txn, &m);
	if (b->rc == 0 && page_metas_is_newest(&m, txn, &b->state) &&
		page_metas_is_before(&m, txn, &b->state)) {
		abort_batch(l);
		return true;
	}
	found->has_covered = true;
	return ledger_commit(l, e);
}

/* From here on all who read through this store see what it does. */
static bool begin_rehearsal(struct ledger *l, struct err *e)
{
	if (!ledger_begin(l, e))
		return false;
	l->store.held = l->batch.txn;
	l->is_rehearsal = true;
	return true;
}

static bool open_files(struct ledger *l, const struct ledger_plan *plan,
	struct ledger_found *found, struct err *e)
{
	struct ledger_plan fresh = *plan;
	bool must_be_there = plan->goes_on || plan->must_be_there || plan->is_rehearsal;
	uint64_t room_bytes = plan->is_rehearsal ? REHEARSAL_BYTES : 0;
	if (!place_claim(&l->place, plan->data_dir, e) ||
		!place_make(&l->place, must_be_there, fill_fresh, &fresh, e) ||
		!tables_open_env(
			&l->store, l->place.ledger, plan->max_bytes + room_bytes, e) ||
		!follow_the_dead(&l->store, e) ||
		!tables_load(&l->store, &l->batch.state, e))
		return false;
	if (plan->goes_on && l->batch.state.instance != plan->instance)
		return err_set(e,
			"the ledger: %s is not the one that this service has written: "
			"put that back, or stop Atlas and start it again with this one",
			l->place.ledger);
	found->n_dead_readers = store_clear_dead_readers(&l->store);
	found->is_new = l->batch.state.instance == 0;
	return plan->is_rehearsal ? begin_rehearsal(l, e) : cover(l, found, e);
}

/* Where the plan names none it is told later. */
static bool follow_plan(struct ledger *l, const struct ledger_plan *plan,
	struct ledger_found *found, struct err *e)
{
	return plan->instance == 0 ||
	       ledger_follow(l, plan->instance, plan->now_ms, found, e);
}

bool ledger_open(struct ledger **out, const struct ledger_plan *plan,
	struct ledger_found *found, struct err *e)
{
	must(plan->max_bytes > 0);
	struct ledger *l = calloc(1, sizeof *l);
	must(l != NULL);
	l->place.lock_fd = -1;
	l->batch.store = &l->store;
	l->batch.tally = tally_new();
	l->batch.on_counted = plan->on_counted;
	l->batch.on_counted_arg = plan->on_counted_arg;
	*found = (struct ledger_found){0};
	if (open_files(l, plan, found, e) && follow_plan(l, plan, found, e)) {
		*out = l;
		return true;
	}
	ledger_close(l);
	return false;
}

void ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	abort_batch(l);
	tables_close(&l->store);
	place_leave(&l->place);
	tally_free(l->batch.tally);
	free(l);
}

bool ledger_is_in_place(const struct ledger *l, struct err *e)
{
	mdb_filehandle_t fd;
	int rc = mdb_env_get_fd(l->store.env, &fd);
	if (rc == 0 && !place_still_has(&l->place, fd, e))
		return false;
	if (rc == 0)
		rc = tables_check_file(&l->store);
	return rc == 0 || tables_err(e, rc, l->place.ledger);
}

bool ledger_has_lock(const struct ledger *l)
{
	return tables_look_at_lock(&l->store, l->place.ledger) == TABLES_LOCK_SAME;
}

bool ledger_has_copy(struct ledger *l, struct err *e)
{
	struct copy_of of = {.place = &l->place,
		.instance = l->batch.state.instance,
		.txn = l->batch.state.txn};
	return mdb_env_get_fd(l->store.env, &of.fd) == 0 &&
	       copy_is_whole(&l->copy, &of, e);
}

/* ---- what it knows ---------------------------------------------------------------- */

uint64_t ledger_position(const struct ledger *l, uint32_t slot)
{
	must(slot < MAX_SLOTS);
	return l->batch.state.position[slot];
}

uint64_t ledger_sequence(const struct ledger *l)
{
	return l->batch.state.sequence;
}

uint64_t ledger_n_open(const struct ledger *l)
{
	return l->batch.state.n_open;
}

const struct totals *ledger_totals(const struct ledger *l)
{
	return &l->batch.state.total;
}

struct store *ledger_store(struct ledger *l)
{
	return &l->store;
}

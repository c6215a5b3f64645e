/* Facts into tables. */
#include "store/apply.h"

#include "store/chain.h"
#include "store/order.h"
#include "store/rates_kept.h"
#include "store/token.h"

#include <stdio.h>
#include <string.h>

/* A request's attempts that are looked at to count it once; retries end long before. */
enum { MAX_ATTEMPTS = 64 };

static enum ledger_verdict fail(struct batch *b, int rc)
{
	if (b->rc == 0)
		b->rc = rc;
	return LEDGER_FAILED;
}

static struct str bytes_of(const void *p, size_t n)
{
	return (struct str){p, n};
}

bool apply_fold(struct batch *b)
{
	int rc = tally_fold(b->tally, b->store, b->txn);
	if (rc != 0)
		(void)fail(b, rc);
	return rc == 0;
}

/* ---- rows -------------------------------------------------------------------- */

/* LEDGER_BAD = damaged or not there. */
static enum ledger_verdict get_row(struct batch *b, uint64_t sequence, struct row *r)
{
	struct key k = key_of_number(sequence);
	struct str stored;
	int rc = table_get(b->store, b->txn, TABLE_ROWS, &k, &stored);
	if (rc == MDB_NOTFOUND)
		return LEDGER_BAD;
	if (rc != 0)
		return fail(b, rc);
	return row_open(r, stored, sequence) ? LEDGER_APPLIED : LEDGER_BAD;
}

/* Everything a row counts for that is OPEN no longer. */
static bool count_row(struct batch *b, const struct row *r, uint64_t sequence)
{
	if (!tally_has_room(b->tally) && !apply_fold(b))
		return false;
	totals_add_row(&b->state.total, r);
	tally_add_row(b->tally, r, sequence);
	if (b->on_counted != NULL)
		b->on_counted(b->on_counted_arg, r);
	return true;
}

/* ---- intents ------------------------------------------------------------------- */

/* Put the row into its session's chain. */
static int chain_row(struct batch *b, struct row *r, uint64_t sequence)
{
	struct key session = key_of_session(r->session);
	if (session.n == 0)
		return 0;
	if (!tally_has_room(b->tally) && !apply_fold(b))
		return b->rc;
	return tally_chain(
		b->tally, b->store, b->txn, &session, sequence, &r->previous);
}

/* A new row, and the mark that it is OPEN. */
static int add_row(struct batch *b, struct row *r, uint64_t sequence)
{
	struct key k = key_of_number(sequence);
	b->newest_ms = MAX(b->newest_ms, b->state.total.last_ms);
	int rc = order_note(b->store, b->txn, &b->newest_ms, sequence, r->sent_ms);
	if (rc == 0)
		rc = chain_row(b, r, sequence);
	if (rc != 0)
		return rc;
	struct row_stored stored;
	row_seal(r, sequence, &stored);
	rc = table_append(
		b->store, b->txn, TABLE_ROWS, &k, bytes_of(stored.bytes, stored.n));
	return rc != 0 ? rc : table_append(b->store, b->txn, TABLE_OPEN, &k, STR(""));
}

static bool is_possible_intent(const struct fact_intent *f)
{
	return f->attempt > 0 && f->priority < PRIORITIES && f->api < EXCHANGE_APIS &&
	       rates_are_possible(&f->high_rates);
}

static enum ledger_verdict apply_intent(struct batch *b, const struct fact_intent *f)
{
	if (!is_possible_intent(f))
		return LEDGER_BAD;
	uint64_t sequence = b->state.sequence + 1;
	struct key attempt = key_of_attempt(f->id, f->attempt);
	struct key k = key_of_number(sequence);
	int rc = table_add(
		b->store, b->txn, TABLE_ATTEMPTS, &attempt, bytes_of(k.bytes, k.n));
	if (rc == MDB_KEYEXIST)
		return LEDGER_REPEATED;
	struct row r;
	row_of_intent(&r, f);
	if (rc == 0)
		rc = rates_note(b, &f->high_rates, &r.high_rates);
	if (rc == 0)
		rc = add_row(b, &r, sequence);
	if (rc != 0)
		return fail(b, rc);
	b->state.sequence = sequence;
	b->state.n_open++;
	return LEDGER_APPLIED;
}

/* ---- settles ------------------------------------------------------------------- */

/* The rows of a request: that of one attempt, and the others. */
struct siblings {
	uint64_t own; /* 0 = not there */
	uint32_t n;
	uint64_t other[MAX_ATTEMPTS];
};

static int find_siblings(struct batch *b, const uint8_t id[static EXCHANGE_ID_BYTES],
	uint32_t attempt, struct siblings *out)
{
	MDB_cursor *c;
	struct str key, value;
	struct key from = key_of_attempt(id, 0), own = key_of_attempt(id, attempt);
	out->own = out->n = 0;
	int rc = table_walk(b->store, b->txn, TABLE_ATTEMPTS, &c);
	if (rc != 0)
		return rc;
	for (rc = walk_seek(c, &from, &key, &value);
		rc == 0 && key_has_prefix(key, &from, EXCHANGE_ID_BYTES);
		rc = walk_step(c, MDB_NEXT, &key, &value)) {
		uint64_t sequence;
		if (!key_number(value, &sequence))
			rc = MDB_CORRUPTED;
		else if (key_has_prefix(key, &own, own.n))
			out->own = sequence;
		else if (out->n < MAX_ATTEMPTS)
			out->other[out->n++] = sequence;
		if (rc != 0)
			break;
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Let r count its request unless another of its rows does. A damaged one cannot say so:
 * the request may then be counted twice, its tokens and its cost are not. */
static bool mark_counted(struct batch *b, struct row *r, const struct siblings *s)
{
	uint32_t counted = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		struct row other = {.flags = 0};
		enum ledger_verdict v = get_row(b, s->other[i], &other);
		if (v == LEDGER_FAILED)
			return false;
		if (v == LEDGER_APPLIED)
			counted |= other.flags;
	}
	if (row_has_reached(r))
		r->flags |= ROW_COUNTS_REQUEST & ~counted;
	if (r->outcome == OUTCOME_UNKNOWN)
		r->flags |= ROW_COUNTS_UNKNOWN & ~counted;
	return true;
}

/* The next link of the chain: the row never changes again. */
static int add_link(struct batch *b, struct str row, uint64_t sequence)
{
	struct link link = {.sequence = sequence};
	chain_extend(&b->state.newest, row);
	memcpy(link.hash, b->state.newest.hash, sizeof link.hash);
	struct key k = key_of_number(b->state.newest.number);
	return table_append(
		b->store, b->txn, TABLE_CHAIN, &k, bytes_of(&link, sizeof link));
}

/* Write a row whose outcome has just been set, and count it. */
static enum ledger_verdict close_row(
	struct batch *b, struct row *r, uint64_t sequence, const struct siblings *s)
{
	struct key k = key_of_number(sequence);
	struct row_stored stored;
	if (!mark_counted(b, r, s) || !count_row(b, r, sequence))
		return LEDGER_FAILED;
	row_seal(r, sequence, &stored);
	struct str bytes = bytes_of(stored.bytes, stored.n);
	int rc = table_put(b->store, b->txn, TABLE_ROWS, &k, bytes);
	if (rc == 0)
		rc = add_link(b, bytes, sequence);
	if (rc == 0)
		rc = table_delete(b->store, b->txn, TABLE_OPEN, &k);
	if (rc != 0)
		return fail(b, rc);
	b->state.n_open--;
	return LEDGER_APPLIED;
}

static bool is_possible_settle(const struct fact_settle *f)
{
	return f->attempt > 0 && f->outcome > OUTCOME_OPEN && f->outcome < OUTCOMES &&
	       f->failure < EXCHANGE_FAILURES && rates_are_possible(&f->rates);
}

static enum ledger_verdict apply_settle(struct batch *b, const struct fact_settle *f)
{
	struct siblings s;
	struct row r;
	if (!is_possible_settle(f))
		return LEDGER_BAD;
	int rc = find_siblings(b, f->id, f->attempt, &s);
	if (rc != 0)
		return fail(b, rc);
	if (s.own == 0) /* a dispatch that died before it could push the intent */
		return f->outcome == OUTCOME_RELEASED ? LEDGER_IGNORED : LEDGER_BAD;
	enum ledger_verdict v = get_row(b, s.own, &r);
	if (v != LEDGER_APPLIED)
		return v;
	if (r.outcome != OUTCOME_OPEN)
		return LEDGER_REPEATED;
	row_settle(&r, f);
	rc = rates_note(b, &f->rates, &r.rates);
	if (rc != 0)
		return fail(b, rc);
	v = close_row(b, &r, s.own, &s);
	if (v == LEDGER_APPLIED)
		b->state.sequence++;
	return v;
}

static enum ledger_verdict drop_open(struct batch *b, uint64_t sequence)
{
	struct key k = key_of_number(sequence);
	int rc = table_delete(b->store, b->txn, TABLE_OPEN, &k);
	if (rc != 0)
		return fail(b, rc);
	b->state.n_open--;
	return LEDGER_BAD;
}

enum ledger_verdict apply_loss(struct batch *b, uint64_t sequence, uint64_t now_ms)
{
	struct siblings s;
	struct row r;
	enum ledger_verdict v = get_row(b, sequence, &r);
	if (v == LEDGER_BAD)
		return drop_open(b, sequence);
	if (v != LEDGER_APPLIED)
		return v;
	int rc = find_siblings(b, r.id, r.attempt, &s);
	if (rc != 0)
		return fail(b, rc);
	row_lose(&r, now_ms);
	return close_row(b, &r, sequence, &s);
}

/* ---- tokens -------------------------------------------------------------------- */

typedef bool token_is_fn(const struct token *t, const struct fact_token *f);

static bool has_name(const struct token *t, const struct fact_token *f)
{
	return t->revoked_ms == 0 && strncmp(t->name, f->name, sizeof t->name - 1) == 0;
}

static bool clashes(const struct token *t, const struct fact_token *f)
{
	return hash_equal(t->hash, f->hash, sizeof t->hash) || has_name(t, f);
}

/* Is there a token that is so? A walk over all of them: tokens are made by hand. */
static int find_token(
	struct batch *b, const struct fact_token *f, token_is_fn *is, bool *found)
{
	MDB_cursor *c;
	struct str key, value;
	*found = false;
	int rc = table_walk(b->store, b->txn, TABLE_CLIENTS, &c);
	if (rc != 0)
		return rc;
	for (rc = walk_step(c, MDB_FIRST, &key, &value); rc == 0 && !*found;
		rc = walk_step(c, MDB_NEXT, &key, &value)) {
		struct token t;
		uint64_t id;
		if (key_number(key, &id) && token_open(&t, value, id))
			*found = is(&t, f);
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

enum { NAME_ROOM = FACT_NAME_BYTES - 1 - 11 }; /* before a "-" and any number */

void apply_name(struct batch *b, struct fact_token *f)
{
	char name[sizeof f->name];
	bool is_taken;
	memcpy(name, f->name, sizeof name);
	/* the tokens are finitely many, and a store that fails says so to apply_fact() */
	for (uint32_t n = 2; find_token(b, f, has_name, &is_taken) == 0 && is_taken;
		n++)
		snprintf(f->name, sizeof f->name, "%.*s-%u", NAME_ROOM, name, n);
}

static int put_token(struct batch *b, struct token *t)
{
	struct key k = key_of_number(t->id);
	token_seal(t);
	return table_put(b->store, b->txn, TABLE_CLIENTS, &k, bytes_of(t, sizeof *t));
}

static struct token token_of_fact(const struct fact_token *f)
{
	struct token t = {.id = f->client_id,
		.created_ms = f->head.wall_ms,
		.role = f->role,
		.limits = f->limits};
	_Static_assert(sizeof t.name == sizeof f->name, "names of one size");
	memcpy(t.hash, f->hash, sizeof t.hash);
	memcpy(t.name, f->name, strnlen(f->name, sizeof t.name - 1));
	return t;
}

static enum ledger_verdict apply_token(struct batch *b, const struct fact_token *f)
{
	struct key k = key_of_number(f->client_id);
	struct str stored;
	bool clash;
	if (f->role == CLIENT_NONE || f->role >= CLIENT_ROLES)
		return LEDGER_BAD;
	int rc = table_get(b->store, b->txn, TABLE_CLIENTS, &k, &stored);
	if (rc == 0)
		return LEDGER_REPEATED;
	if (rc == MDB_NOTFOUND)
		rc = find_token(b, f, clashes, &clash);
	if (rc == 0 && clash)
		return LEDGER_REPEATED;
	struct token t = token_of_fact(f);
	if (rc == 0)
		rc = put_token(b, &t);
	if (rc != 0)
		return fail(b, rc);
	b->state.sequence++;
	return LEDGER_APPLIED;
}

/* The live token of that id; another verdict than APPLIED = there is none. */
static enum ledger_verdict get_live_token(struct batch *b, uint64_t id, struct token *t)
{
	struct key k = key_of_number(id);
	struct str stored;
	int rc = table_get(b->store, b->txn, TABLE_CLIENTS, &k, &stored);
	if (rc == MDB_NOTFOUND)
		return LEDGER_IGNORED;
	if (rc != 0)
		return fail(b, rc);
	if (!token_open(t, stored, id))
		return LEDGER_BAD;
	return t->revoked_ms != 0 ? LEDGER_REPEATED : LEDGER_APPLIED;
}

static enum ledger_verdict change_token(struct batch *b, struct token *t)
{
	int rc = put_token(b, t);
	if (rc != 0)
		return fail(b, rc);
	b->state.sequence++;
	return LEDGER_APPLIED;
}

static enum ledger_verdict apply_revocation(
	struct batch *b, const struct fact_token_revoke *f)
{
	struct token t;
	enum ledger_verdict v = get_live_token(b, f->client_id, &t);
	if (v != LEDGER_APPLIED)
		return v;
	t.revoked_ms = MAX(f->head.wall_ms, UINT64_C(1));
	return change_token(b, &t);
}

static enum ledger_verdict apply_token_limits(
	struct batch *b, const struct fact_token_limits *f)
{
	struct token t;
	enum ledger_verdict v = get_live_token(b, f->client_id, &t);
	if (v != LEDGER_APPLIED)
		return v;
	client_limits_merge(&t.limits, &f->limits, (client_limit_set)f->set);
	return change_token(b, &t);
}

enum ledger_verdict apply_fact(struct batch *b, const union fact *f, struct str text)
{
	switch ((enum fact_kind)f->head.kind) {
	case FACT_INTENT:
		return apply_intent(b, &f->intent);
	case FACT_SETTLE:
		return apply_settle(b, &f->settle);
	case FACT_TOKEN:
		return apply_token(b, &f->token);
	case FACT_TOKEN_REVOKE:
		return apply_revocation(b, &f->token_revoke);
	case FACT_TOKEN_LIMITS:
		return apply_token_limits(b, &f->token_limits);
	case FACT_RELOAD:
		return LEDGER_IGNORED;
	case FACT_CHAT_TURN:
		return apply_chat_turn(b, &f->chat_turn, text);
	case FACT_CHAT_CHANGE:
		return apply_chat_change(b, &f->chat_change);
	case FACT_STABILIZER:
		return apply_stabilizer(b, &f->stabilizer);
	case FACT_RESET:
		return apply_reset(b, &f->reset);
	default:
		return LEDGER_BAD;
	}
}

/*
 * Death at every instruction of what changes the segment: each function by itself, and
 * the three sequences on which accounting rests: a front submits, dispatch carries an
 * attempt through, record applies facts. What a successor does is written here again in
 * a few lines (cf. daemons/dispatch/recover.c), so that the rules are tested, not a copy.
 *
 * The rows at the end are mistakes made on purpose: they must be found.
 */
#include "steps.h"

#include "segment/channel.h"
#include "segment/clients.h"
#include "segment/facts.h"

#include <stdatomic.h>
#include <string.h>

/* ---- a small world: one channel, one fact lane, a ledger, clients --------------------- */

enum {
	AT_CHANNEL_WORDS = 0,
	AT_FACTS = 1024,
	AT_LEDGER = 1536,
	AT_CLIENTS = 2048,
	AT_FACT_BYTES = 4096,
	FACT_LANE_BYTES = 4096,
	AT_CLIENT_TABLE = 8192,
	AT_CHANNEL = 16384,
	AT_OTHERS = 32768,
	N_EXCHANGES = 2,
	BODY_BYTES = 100
};

struct ledger {
	_Atomic uint64_t
		committed; /* position << 8 | rows: one word, like a transaction */
	uint64_t row[4];
};

struct world {
	struct map map;
	struct channel_words *words;
	struct channel channel;
	struct facts facts;
	struct ledger *ledger;
};

static struct world world_in(void *mem)
{
	struct world w = {.map = {mem, STEPS_MEM_BYTES, -1}};
	w.words = map_at(&w.map, AT_CHANNEL_WORDS, sizeof *w.words, 64);
	w.facts.pipe = (struct pipe){map_at(&w.map, AT_FACTS, 128, 64),
		map_at(&w.map, AT_FACT_BYTES, FACT_LANE_BYTES, 64), FACT_LANE_BYTES};
	w.ledger = map_at(&w.map, AT_LEDGER, sizeof *w.ledger, 64);
	if (w.words->n_exchanges > 0)
		must(channel_attach(&w.channel, &w.map, w.words));
	return w;
}

/* The pointer inside stays good: it is to a stack frame of the caller's. */
#define WORLD(w, mem)                                                                  \
	struct world w = world_in(mem);                                                \
	w.channel.map = &w.map

static void open_channel(void *mem)
{
	WORLD(w, mem);
	(void)channel_layout(w.words, AT_CHANNEL, N_EXCHANGES, 8192);
	channel_format(&w.map, w.words);
	channel_open(w.words, 7);
}

/* ---- an exchange by itself -------------------------------------------------------------- */

static struct exchange *exchange_in(void *mem)
{
	return (struct exchange *)((char *)mem + AT_CHANNEL);
}

static void setup_used(void *mem)
{
	struct exchange *x = exchange_in(mem);
	exchange_begin(x);
	exchange_abandon(x);
	x->request.max_tokens = x->reply.cost_nanousd = 77;
	exchange_move(x, EXCHANGE_FREE);
}

static void run_begin(void *mem)
{
	exchange_begin(exchange_in(mem));
}

static bool check_begin(void *mem)
{
	struct exchange *x = exchange_in(mem);
	if (exchange_state(x) == EXCHANGE_FREE)
		exchange_begin(
			x); /* cannot happen: its front is dead; but it would do */
	return exchange_state(x) == EXCHANGE_DRAFT && exchange_generation(x) == 2 &&
	       !exchange_is_abandoned(x) && x->request.max_tokens == 0 &&
	       x->reply.cost_nanousd == 0 && exchange_attempt(x) == 0;
}

static void run_abandon(void *mem)
{
	exchange_abandon(exchange_in(mem));
}

static bool check_abandon(void *mem)
{
	exchange_abandon(exchange_in(mem));
	return exchange_is_abandoned(exchange_in(mem));
}

static void run_attempts(void *mem)
{
	struct exchange *x = exchange_in(mem);
	(void)exchange_open_attempt(x);
	exchange_close_attempt(x);
	(void)exchange_open_attempt(x);
}

static bool check_attempts(void *mem)
{
	struct exchange *x = exchange_in(mem);
	uint32_t n = exchange_attempt(x);
	bool is_open = exchange_attempt_is_open(x);
	return n <= 2 && (n > 0 || !is_open) && (n < 2 || is_open);
}

/* ---- a front submits ---------------------------------------------------------------------- */

static void fill_request(struct world *w, struct exchange *x)
{
	struct exchange_request *q = &x->request;
	q->body_offset = w->words->region_offset;
	q->body_bytes = BODY_BYTES;
	q->pipe_offset = w->words->region_offset + 4096;
	q->pipe_bytes = 4096;
	memset(q->id, 0x5a, sizeof q->id);
	memset((char *)w->map.base + q->body_offset, 'b', BODY_BYTES);
}

static void run_submit(void *mem)
{
	WORLD(w, mem);
	struct exchange *x = channel_begin(&w.channel, 0);
	fill_request(&w, x);
	exchange_move(x, EXCHANGE_QUEUED);
	struct exchange_ref r = {0, exchange_generation(x)};
	(void)!channel_ask(&w.channel, PRIORITY_NORMAL, r);
}

/* The same with the state told too early. */
static void run_submit_too_early(void *mem)
{
	WORLD(w, mem);
	struct exchange *x = channel_begin(&w.channel, 0);
	exchange_move(x, EXCHANGE_QUEUED);
	fill_request(&w, x);
}

static bool is_whole_request(struct world *w, const struct exchange *x)
{
	const char *body = channel_region_at(
		&w->channel, x->request.body_offset, x->request.body_bytes);
	return x->request.body_bytes == BODY_BYTES && x->request.pipe_bytes == 4096 &&
	       x->request.id[15] == 0x5a && body != NULL && body[0] == 'b' &&
	       body[BODY_BYTES - 1] == 'b';
}

/* What a dispatch acts on, by hint or by scan, is whole; the rest it never sees. */
static bool check_submit(void *mem)
{
	WORLD(w, mem);
	uint64_t hint;
	bool hinted = lane_pop(&w.channel.requests[PRIORITY_NORMAL], &hint);
	struct exchange *x = &w.channel.exchanges[0];
	bool queued = exchange_state(x) == EXCHANGE_QUEUED;
	if (hinted && !exchange_is(x, exchange_ref_of_hint(hint), EXCHANGE_QUEUED))
		return false;
	if (!queued)
		return !hinted;
	if (channel_n_touched(&w.channel) != 1 || !is_whole_request(&w, x))
		return false;
	exchange_move(x, EXCHANGE_FAILED);
	return exchange_state(x) == EXCHANGE_FAILED;
}

/* ---- dispatch carries an attempt through ----------------------------------------------------- */

static void setup_queued(void *mem)
{
	open_channel(mem);
	run_submit(mem);
}

static void push_intent(struct world *w, const struct exchange *x)
{
	struct fact_intent f = {.attempt = exchange_attempt(x)};
	fact_begin(&f.head, FACT_INTENT, sizeof f, 1);
	must(facts_push(&w->facts, &f.head));
}

static void push_settle(
	struct world *w, const struct exchange *x, enum attempt_outcome outcome)
{
	struct fact_settle f = {
		.attempt = exchange_attempt(x), .outcome = (uint8_t)outcome};
	fact_begin(&f.head, FACT_SETTLE, sizeof f, 1);
	must(facts_push(&w->facts, &f.head));
}

static void carry(void *mem, bool closes_too_early)
{
	WORLD(w, mem);
	struct exchange *x = &w.channel.exchanges[0];
	(void)exchange_open_attempt(x);
	push_intent(&w, x);
	exchange_move(x, EXCHANGE_SENT);
	exchange_move(x, EXCHANGE_STREAMING);
	if (closes_too_early)
		exchange_close_attempt(x);
	push_settle(&w, x, OUTCOME_SETTLED_USAGE);
	if (!closes_too_early)
		exchange_close_attempt(x);
	exchange_move(x, EXCHANGE_DONE);
	channel_tell(&w.channel, (struct exchange_ref){0, exchange_generation(x)});
}

static void run_carry(void *mem)
{
	carry(mem, false);
}

static void run_carry_wrong(void *mem)
{
	carry(mem, true);
}

static void recover(struct world *w)
{
	struct exchange *x = &w->channel.exchanges[0];
	enum exchange_state s = exchange_state(x);
	bool was_out = s == EXCHANGE_SENT || s == EXCHANGE_STREAMING;
	if (exchange_attempt_is_open(x) && (was_out || s == EXCHANGE_QUEUED)) {
		push_settle(w, x, was_out ? OUTCOME_UNKNOWN : OUTCOME_RELEASED);
		exchange_close_attempt(x);
	}
	if (was_out)
		exchange_move(x, EXCHANGE_FAILED);
}

/* What the ledger makes of the lane: intents, and of each the first settle. */
struct verdict {
	unsigned n_intents, n_settled;
	enum attempt_outcome outcome;
};

static bool read_lane(struct world *w, struct verdict *v)
{
	union fact f;
	uint64_t at = 0;
	enum facts_verdict got;
	*v = (struct verdict){0};
	while ((got = facts_next(&w->facts, &at, &f)) == FACTS_ONE) {
		if (f.head.kind == FACT_INTENT)
			v->n_intents++;
		else if (v->n_settled < v->n_intents && v->n_settled++ == 0)
			v->outcome = (enum attempt_outcome)f.settle.outcome;
	}
	return got == FACTS_NONE;
}

static bool check_carry(void *mem)
{
	WORLD(w, mem);
	struct verdict v;
	struct exchange *x = &w.channel.exchanges[0];
	recover(&w);
	if (!read_lane(&w, &v) || v.n_intents != v.n_settled || v.n_intents > 1)
		return false;
	enum exchange_state s = exchange_state(x);
	bool is_right_end = s == EXCHANGE_DONE
				    ? v.outcome == OUTCOME_SETTLED_USAGE
				    : s == EXCHANGE_FAILED || s == EXCHANGE_QUEUED;
	bool was_not_sent = s != EXCHANGE_QUEUED || v.n_intents == 0 ||
			    v.outcome == OUTCOME_RELEASED;
	return is_right_end && was_not_sent && !exchange_attempt_is_open(x);
}

/* ---- record applies facts ------------------------------------------------------------------- */

enum { N_FACTS = 3 };

static void setup_facts(void *mem)
{
	WORLD(w, mem);
	for (uint64_t i = 1; i <= N_FACTS; i++) {
		struct fact_reload f = {.epoch = i};
		fact_begin(&f.head, FACT_RELOAD, sizeof f, 1);
		must(facts_push(&w.facts, &f.head));
	}
}

/* One commit: rows are written first, one word makes them count. */
static void apply(struct world *w, bool releases_too_early)
{
	union fact f;
	uint64_t word =
		atomic_load_explicit(&w->ledger->committed, memory_order_acquire);
	uint64_t at = MAX(word >> 8, facts_committed(&w->facts)), n = word & 0xff;
	if (releases_too_early)
		facts_commit(&w->facts, facts_position(&w->facts));
	while (n < N_ELEMENTS(w->ledger->row) &&
		facts_next(&w->facts, &at, &f) == FACTS_ONE)
		w->ledger->row[n++] = f.reload.epoch;
	atomic_store_explicit(&w->ledger->committed, at << 8 | n, memory_order_release);
	facts_commit(&w->facts, at);
}

static void run_apply(void *mem)
{
	WORLD(w, mem);
	apply(&w, false);
}

static void run_apply_wrong(void *mem)
{
	WORLD(w, mem);
	apply(&w, true);
}

static bool check_apply(void *mem)
{
	WORLD(w, mem);
	apply(&w, false);
	if ((atomic_load(&w.ledger->committed) & 0xff) != N_FACTS)
		return false;
	for (uint64_t i = 0; i < N_FACTS; i++)
		if (w.ledger->row[i] != i + 1)
			return false;
	return facts_committed(&w.facts) == facts_position(&w.facts);
}

static void run_push(void *mem)
{
	setup_facts(mem);
}

static bool check_push(void *mem)
{
	WORLD(w, mem);
	union fact f;
	uint64_t at = 0, n = 0;
	enum facts_verdict got;
	while ((got = facts_next(&w.facts, &at, &f)) == FACTS_ONE)
		if (f.reload.epoch != ++n)
			return false;
	return got == FACTS_NONE && n <= N_FACTS;
}

static const struct steps_case cases[] = {
	{"exchange_begin", setup_used, run_begin, check_begin, false},
	{"exchange_abandon", setup_used, run_abandon, check_abandon, false},
	{"exchange_open_attempt, _close_attempt", setup_used, run_attempts,
		check_attempts, false},
	{"a front submits", open_channel, run_submit, check_submit, false},
	{"dispatch carries an attempt through", setup_queued, run_carry, check_carry,
		false},
	{"record applies facts", setup_facts, run_apply, check_apply, false},
	{"facts_push", NULL, run_push, check_push, false},
	{"wrong: queued before it is filled", open_channel, run_submit_too_early,
		check_submit, true},
	{"wrong: closed before its settle", setup_queued, run_carry_wrong, check_carry,
		true},
	{"wrong: facts released before the commit", setup_facts, run_apply_wrong,
		check_apply, true},
};

int main(void)
{
	return steps_main(cases, N_ELEMENTS(cases));
}

/*
 * Death at every instruction of a request's end: whatever a dispatch has left, the request
 * ends once in the ledger. What a successor does is written here again in a few lines (cf.
 * daemons/dispatch/recover.c), by both settings: what may have been sent is sent again, or
 * ends. Where nobody succeeds it, record ends what it has left (cf. daemons/record/unended.c).
 *
 * The rows at the end are mistakes made on purpose: they must be found.
 */
#include "steps.h"

#include "segment/facts.h"

/* ---- a small world: one exchange, one fact lane ----------------------------------------- */

enum {
	AT_FACTS = 1024,
	AT_FACT_BYTES = 4096,
	FACT_LANE_BYTES = 8192,
	MOST_ATTEMPTS = 4
};

struct world {
	struct exchange *x;
	struct facts facts;
};

static struct world world_in(void *mem)
{
	uint8_t *at = mem;
	return (struct world){.x = mem,
		.facts.pipe = {
			(void *)(at + AT_FACTS), at + AT_FACT_BYTES, FACT_LANE_BYTES}};
}

static void push_intent_of(struct world *w, uint32_t attempt)
{
	struct fact_intent f = {.attempt = attempt};
	fact_begin(&f.head, FACT_INTENT, sizeof f, 1);
	must(facts_push(&w->facts, &f.head));
}

static void push_intent(struct world *w)
{
	push_intent_of(w, exchange_attempt(w->x));
}

static void push_settle_of(struct world *w, uint32_t attempt, bool final)
{
	struct fact_settle f = {.attempt = attempt, .final = final};
	fact_begin(&f.head, FACT_SETTLE, sizeof f, 1);
	must(facts_push(&w->facts, &f.head));
}

static void push_settle(struct world *w, bool final)
{
	push_settle_of(w, exchange_attempt(w->x), final);
}

static void settle_unmarked(struct world *w, bool final)
{
	push_settle(w, final);
	exchange_close_attempt(w->x);
}

static void settle(struct world *w, bool final)
{
	exchange_decide_attempt(w->x, final);
	settle_unmarked(w, final);
}

static void setup_queued(void *mem)
{
	struct world w = world_in(mem);
	exchange_begin(w.x);
	exchange_move(w.x, EXCHANGE_QUEUED);
}

static void setup_sent(void *mem)
{
	struct world w = world_in(mem);
	setup_queued(mem);
	(void)exchange_open_attempt(w.x);
	push_intent(&w);
	exchange_move(w.x, EXCHANGE_SENT);
}

/* ---- what ends --------------------------------------------------------------------------- */

static void run_refuse(void *mem)
{
	struct world w = world_in(mem);
	(void)exchange_open_attempt(w.x);
	push_intent(&w);
	settle(&w, true);
	exchange_move(w.x, EXCHANGE_FAILED);
}

static void run_refuse_unmarked(void *mem)
{
	struct world w = world_in(mem);
	(void)exchange_open_attempt(w.x);
	push_intent(&w);
	settle_unmarked(&w, true);
	exchange_move(w.x, EXCHANGE_FAILED);
}

static void run_answer(void *mem)
{
	struct world w = world_in(mem);
	settle(&w, true);
	exchange_move(w.x, EXCHANGE_STREAMING);
	exchange_move(w.x, EXCHANGE_DONE);
}

static void run_retry(void *mem)
{
	struct world w = world_in(mem);
	settle(&w, false);
	exchange_move(w.x, EXCHANGE_QUEUED);
	run_refuse(mem);
}

static void run_retry_unmarked(void *mem)
{
	struct world w = world_in(mem);
	settle_unmarked(&w, false);
	exchange_move(w.x, EXCHANGE_QUEUED);
	run_refuse(mem);
}

/* ---- a successor, and the ledger ------------------------------------------------------------ */

static void recover(struct world *w, bool sends_again)
{
	enum exchange_state s = exchange_state(w->x);
	bool may_go_on = s == EXCHANGE_QUEUED || sends_again ||
			 exchange_attempt_is_retried(w->x);
	bool ends =
		exchange_attempt_is_last(w->x) || s == EXCHANGE_STREAMING || !may_go_on;
	if (s != EXCHANGE_QUEUED && s != EXCHANGE_SENT && s != EXCHANGE_STREAMING)
		return;
	if (exchange_attempt_is_open(w->x))
		settle(w, ends);
	if (ends)
		exchange_move(w->x, EXCHANGE_FAILED);
	else if (s == EXCHANGE_SENT)
		exchange_move(w->x, EXCHANGE_QUEUED);
}

/* Of each attempt the first intent counts, and its first settle; of one that has none the
 * ledger says at last that it is lost, which is an end if losses are counted. */
static unsigned count_ends(struct world *w, bool with_losses)
{
	enum { NONE, OPEN, SETTLED } row[MOST_ATTEMPTS + 1] = {NONE};
	union fact f;
	uint64_t at = 0;
	unsigned n = 0;
	while (facts_next(&w->facts, &at, &f) == FACTS_ONE) {
		bool is_intent = f.head.kind == FACT_INTENT;
		uint32_t i = is_intent ? f.intent.attempt : f.settle.attempt;
		must(i <= MOST_ATTEMPTS);
		if (is_intent && row[i] == NONE) {
			row[i] = OPEN;
		} else if (!is_intent && row[i] == OPEN) {
			row[i] = SETTLED;
			n += f.settle.final;
		}
	}
	for (uint32_t i = 0; with_losses && i <= MOST_ATTEMPTS; i++)
		n += row[i] == OPEN;
	return n;
}

static bool ends_once(void *mem, bool sends_again)
{
	struct world w = world_in(mem);
	recover(&w, sends_again);
	if (exchange_state(w.x) == EXCHANGE_QUEUED)
		run_refuse(mem);
	return count_ends(&w, false) == 1 && !exchange_attempt_is_open(w.x);
}

static bool check_sent_again(void *mem)
{
	return ends_once(mem, true);
}

static bool check_ended(void *mem)
{
	return ends_once(mem, false);
}

static bool has_facts(const struct world *w)
{
	union fact f;
	uint64_t at = 0;
	return facts_next(&w->facts, &at, &f) == FACTS_ONE;
}

/* One of which nothing is known was never sent, and has no row to end. */
static bool check_left(void *mem)
{
	struct world w = world_in(mem);
	uint32_t n = exchange_attempt(w.x);
	bool is_sent = exchange_state(w.x) == EXCHANGE_SENT, is_known = has_facts(&w);
	if (exchange_owes_end(w.x) && is_known) {
		if (is_sent)
			push_settle_of(&w, n, false);
		n += is_sent || !exchange_attempt_is_open(w.x);
		push_intent_of(&w, n);
		push_settle_of(&w, n, true);
	}
	return count_ends(&w, true) == (is_known ? 1 : 0);
}

static const struct steps_case cases[] = {
	{"dispatch refuses what was never sent", setup_queued, run_refuse, check_ended,
		false},
	{"dispatch ends an attempt", setup_sent, run_answer, check_ended, false},
	{"dispatch ends an attempt, unknown = retry", setup_sent, run_answer,
		check_sent_again, false},
	{"dispatch tries again, and refuses", setup_sent, run_retry, check_ended,
		false},
	{"dispatch tries again, unknown = retry", setup_sent, run_retry,
		check_sent_again, false},
	{"dispatch refuses, nobody comes", setup_queued, run_refuse, check_left, false},
	{"dispatch ends an attempt, nobody comes", setup_sent, run_answer, check_left,
		false},
	{"dispatch tries again, nobody comes", setup_sent, run_retry, check_left,
		false},
	{"wrong: an end that is not marked", setup_queued, run_refuse_unmarked,
		check_ended, true},
	{"wrong: a retry that is not marked", setup_sent, run_retry_unmarked,
		check_ended, true},
	{"wrong: a retry not marked, nobody comes", setup_sent, run_retry_unmarked,
		check_left, true},
};

int main(void)
{
	return steps_main(cases, N_ELEMENTS(cases));
}

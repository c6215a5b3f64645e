/* Orders to dispatch, and the clients that wait for their answers. */
#include "front/ordering.h"

#include "base/clock.h"
#include "front/answer.h"

#include <stdlib.h>

/* An order under way: conn->ask; in front->orderings at its number % ORDERS_MAX, so that
 * no answer is overwritten before it has been read. */
struct ordering {
	struct conn *conn; /* NULL = nobody waits for the answer any more */
	uint64_t number;
	uint64_t until_ns;
	ordering_answer *answer;
	struct order order;
};

static struct order_lane *lane_of(const struct front *f)
{
	return segment_orders(f->process.segment, f->process.heritage->slot);
}

static void on_left(struct conn *c)
{
	struct ordering *o = c->ask;
	o->conn = NULL;
}

static void on_writable(struct conn *c)
{
	(void)c; /* nothing is written before the end */
}

static const struct conn_ops ops = {on_left, on_writable};

/* ---- the end ------------------------------------------------------------------------- */

static void refuse(struct conn *c, const char *sentence)
{
	struct apierr e;
	(void)apierr_set(&e, APIERR_DISPATCH_UNAVAILABLE, NULL, "%s", sentence);
	answer_apierr(c, &e);
}

static bool is_late(const struct front *f, const struct ordering *o)
{
	return o->conn != NULL && f->process.now_ns >= o->until_ns;
}

/* True = something has been done. */
static bool step(struct front *f, struct ordering **at)
{
	struct ordering *o = *at;
	struct order_answer a;
	if (orders_look(lane_of(f), o->number, &a)) {
		*at = NULL;
		if (o->conn != NULL)
			o->answer(o->conn, &o->order, &a);
		free(o);
		return true;
	}
	if (!is_late(f, o))
		return false;
	struct conn *c = o->conn;
	o->conn = NULL;
	refuse(c,
		"The order is given, but the process that obeys it is away; it will be "
		"obeyed as soon as that is back.");
	return true;
}

bool ordering_turn(struct front *f)
{
	bool busy = false;
	for (size_t i = 0; i < ORDERS_MAX; i++)
		if (f->orderings[i] != NULL)
			busy |= step(f, &f->orderings[i]);
	return busy;
}

bool ordering_has_work(const struct front *f)
{
	struct order_answer a;
	for (size_t i = 0; i < ORDERS_MAX; i++) {
		const struct ordering *o = f->orderings[i];
		if (o != NULL &&
			(is_late(f, o) || orders_look(lane_of(f), o->number, &a)))
			return true;
	}
	return false;
}

void ordering_close(struct front *f)
{
	for (size_t i = 0; i < ORDERS_MAX; i++)
		free(f->orderings[i]);
}

/* ---- the beginning ------------------------------------------------------------------- */

/* What is under way has numbers without a gap up to the newest, so that one free place is
 * the next number's. */
static bool has_room(const struct front *f)
{
	for (size_t i = 0; i < ORDERS_MAX; i++)
		if (f->orderings[i] == NULL)
			return true;
	return false;
}

void ordering_begin(struct conn *c, const struct order *order, ordering_answer *answer)
{
	struct front *f = c->front;
	uint64_t number;
	if (!has_room(f) || !orders_push(lane_of(f), order, &number)) {
		refuse(c, "Too many orders are under way already.");
		return;
	}
	struct ordering *o = calloc(1, sizeof *o);
	must(o != NULL && f->orderings[number % ORDERS_MAX] == NULL);
	*o = (struct ordering){.conn = c,
		.number = number,
		.until_ns = f->process.now_ns + ORDERING_WAIT_MS * NS_PER_MS,
		.answer = answer,
		.order = *order};
	f->orderings[number % ORDERS_MAX] = o;
	f->ring_dispatch = true;
	conn_wait(c, &ops, o);
}

/*
 * Death at every instruction of giving, taking and answering orders. Whatever the dead
 * left, the next order is given, taken and answered as if nothing had been.
 */
#include "steps.h"

#include "segment/orders.h"

#include <stdatomic.h>
#include <string.h>

static struct order order_of(uint64_t n)
{
	struct order o = {.kind = ORDER_CANCEL_SESSION, .client_id = n};
	memset(o.id, (int)n, sizeof o.id);
	memset(o.session, 'a' + (int)n, sizeof o.session - 1);
	return o;
}

static bool is_whole(const struct order *o)
{
	struct order want = order_of(o->client_id);
	return memcmp(o, &want, sizeof want) == 0;
}

static bool push(struct order_lane *l, uint64_t n, uint64_t *number)
{
	struct order o = order_of(n);
	return orders_push(l, &o, number);
}

/* Take what is there and the next one; all are whole, in order, and get their answers. */
static bool goes_on(struct order_lane *l)
{
	struct order o;
	struct order_answer a;
	uint64_t number, last = 0;
	if (!push(l, 9, &number))
		return false;
	for (uint32_t i = 0; orders_next(l, &o); i++) {
		if (i > ORDERS_MAX || !is_whole(&o) || o.client_id < last)
			return false;
		last = o.client_id;
		orders_answer(
			l, &(struct order_answer){(uint32_t)o.client_id, 5, 0, 0});
	}
	return last == 9 && orders_look(l, number, &a) && a.n_queued == 9 &&
	       a.n_running == 5;
}

/* Once around, so that there is something old in every cell. */
static void setup_used(void *mem)
{
	uint64_t number;
	for (uint64_t i = 0; i < ORDERS_MAX; i++) {
		must(push(mem, 1, &number));
		orders_answer(mem, &(struct order_answer){77, 77, 77, 77});
	}
}

static void setup_given(void *mem)
{
	uint64_t number;
	setup_used(mem);
	must(push(mem, 2, &number));
	must(push(mem, 3, &number));
}

static void run_push(void *mem)
{
	uint64_t number;
	(void)!push(mem, 2, &number);
}

static bool check_push(void *mem)
{
	return orders_waiting(mem) <= 1 && goes_on(mem);
}

static void run_answer(void *mem)
{
	struct order o;
	if (orders_next(mem, &o))
		orders_answer(mem, &(struct order_answer){4, 6, 0, 0});
}

/* Not answered, or answered in full: the asker never reads a half. */
static bool check_answer(void *mem)
{
	struct order_answer a;
	uint32_t n = orders_waiting(mem);
	bool is_answered = orders_look(mem, ORDERS_MAX, &a);
	if (is_answered && (a.n_queued != 4 || a.n_running != 6))
		return false;
	return n == (is_answered ? 1 : 2) && goes_on(mem);
}

/* ---- mistakes, made on purpose ------------------------------------------------------ */

static void run_push_tail_first(void *mem)
{
	struct order_lane *l = mem;
	struct order o = order_of(2);
	uint64_t tail = atomic_load_explicit(&l->tail, memory_order_relaxed);
	atomic_store_explicit(&l->tail, tail + 1, memory_order_release);
	l->order[tail % ORDERS_MAX] = o;
}

static void run_answer_head_first(void *mem)
{
	struct order_lane *l = mem;
	uint64_t head = atomic_load_explicit(&l->head, memory_order_relaxed);
	atomic_store_explicit(&l->head, head + 1, memory_order_release);
	l->answer[head % ORDERS_MAX] = (struct order_answer){4, 6, 0, 0};
}

static const struct steps_case cases[] = {
	{"orders_push", setup_used, run_push, check_push, false},
	{"orders_next, orders_answer", setup_given, run_answer, check_answer, false},
	{"mistake: given before it is written", NULL, run_push_tail_first, check_push,
		true},
	{"mistake: answered before the answer", setup_given, run_answer_head_first,
		check_answer, true},
};

int main(void)
{
	return steps_main(cases, N_ELEMENTS(cases));
}

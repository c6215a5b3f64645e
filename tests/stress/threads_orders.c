/*
 * A process and dispatch as threads at both ends of a lane of orders, for ThreadSanitizer:
 * every order arrives whole and in order, and every answer is the one to it.
 */
#include "segment/orders.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_ORDERS = 200000 };

static struct world {
	struct order_lane lane;
	bool is_wrong[2]; /* the asker's, dispatch's */
} world;

static struct order order_of(uint64_t n)
{
	struct order o = {.client_id = n};
	memset(o.session, 'a' + (int)(n % 26), sizeof o.session - 1);
	return o;
}

static struct order_answer answer_of(uint64_t n)
{
	return (struct order_answer){(uint32_t)n, (uint32_t)(n * 3), 0, 0};
}

static void *ask(void *arg)
{
	struct order_lane *l = &world.lane;
	uint64_t waits[ORDERS_MAX], given = 0, read = 0;
	while (read < N_ORDERS) {
		struct order o = order_of(given);
		struct order_answer a, want = answer_of(read);
		bool may_give = given < N_ORDERS && given - read < ORDERS_MAX;
		if (may_give && orders_push(l, &o, &waits[given % ORDERS_MAX]))
			given++;
		if (read == given || !orders_look(l, waits[read % ORDERS_MAX], &a)) {
			sched_yield();
			continue;
		}
		world.is_wrong[0] |= memcmp(&a, &want, sizeof a) != 0;
		read++;
	}
	return arg;
}

static void *obey(void *arg)
{
	struct order_lane *l = &world.lane;
	struct order o;
	for (uint64_t n = 0; n < N_ORDERS;) {
		if (!orders_next(l, &o)) {
			sched_yield();
			continue;
		}
		struct order want = order_of(n);
		struct order_answer a = answer_of(n++);
		world.is_wrong[1] |= memcmp(&o, &want, sizeof o) != 0;
		orders_answer(l, &a);
	}
	return arg;
}

int main(void)
{
	pthread_t asker, dispatch;
	must(pthread_create(&asker, NULL, ask, NULL) == 0);
	must(pthread_create(&dispatch, NULL, obey, NULL) == 0);
	must(pthread_join(asker, NULL) == 0);
	must(pthread_join(dispatch, NULL) == 0);
	bool ok = !world.is_wrong[0] && !world.is_wrong[1];
	printf("%d orders\n", N_ORDERS);
	printf("%d passed, %d failed\n", ok, !ok);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

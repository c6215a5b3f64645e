/* A lane of orders from both ends. */
#include "../unit.h"
#include "segment/orders.h"

#include <stdatomic.h>
#include <string.h>

static struct order_lane lane;

static struct order order_of(uint64_t client_id)
{
	struct order o = {.kind = ORDER_CANCEL_SESSION, .client_id = client_id};
	memcpy(o.session, "tour", 5);
	return o;
}

static bool push(uint64_t client_id, uint64_t *number)
{
	struct order o = order_of(client_id);
	return orders_push(&lane, &o, number);
}

START_TEST(an_order_comes_out_as_it_went_in_and_gets_its_answer)
{
	uint64_t number;
	struct order out;
	struct order_answer a;
	ck_assert(!orders_next(&lane, &out));
	ck_assert(push(7, &number));
	ck_assert_uint_eq(orders_waiting(&lane), 1);
	ck_assert(!orders_look(&lane, number, &a));
	ck_assert(orders_next(&lane, &out));
	ck_assert_uint_eq(out.client_id, 7);
	ck_assert_str_eq(out.session, "tour");
	orders_answer(&lane, &(struct order_answer){3, 2, 0, 0});
	ck_assert(orders_look(&lane, number, &a));
	ck_assert_uint_eq(a.n_queued, 3);
	ck_assert_uint_eq(a.n_running, 2);
	ck_assert_uint_eq(orders_waiting(&lane), 0);
	ck_assert(!orders_next(&lane, &out));
}
END_TEST

START_TEST(an_order_that_has_no_answer_stays_the_next_one)
{
	uint64_t number;
	struct order out;
	ck_assert(push(1, &number) && push(2, &number));
	ck_assert(orders_next(&lane, &out) && orders_next(&lane, &out));
	ck_assert_uint_eq(out.client_id, 1);
}
END_TEST

START_TEST(a_full_lane_refuses_until_one_is_answered)
{
	uint64_t number;
	for (uint64_t i = 0; i < ORDERS_MAX; i++)
		ck_assert(push(i, &number));
	ck_assert(!push(99, &number));
	orders_answer(&lane, &(struct order_answer){0, 0, 0, 0});
	ck_assert(push(99, &number));
	ck_assert_uint_eq(number, ORDERS_MAX);
}
END_TEST

START_TEST(answers_stay_until_as_many_orders_have_followed)
{
	uint64_t first, number;
	struct order_answer a;
	ck_assert(push(1, &first));
	orders_answer(&lane, &(struct order_answer){1, 0, 0, 0});
	for (uint64_t i = 1; i < ORDERS_MAX; i++) {
		ck_assert(push(i, &number));
		orders_answer(&lane, &(struct order_answer){0, 9, 0, 0});
	}
	ck_assert(orders_look(&lane, first, &a));
	ck_assert_uint_eq(a.n_queued, 1);
}
END_TEST

START_TEST(positions_that_cannot_be_are_neither_read_nor_written_over)
{
	uint64_t number;
	struct order out;
	atomic_store(&lane.tail, ORDERS_MAX + 1);
	ck_assert(!orders_next(&lane, &out));
	ck_assert_uint_eq(orders_waiting(&lane), ORDERS_MAX);
	ck_assert(!push(1, &number));
	atomic_store(&lane.tail, 0);
	atomic_store(&lane.head, 5);
	ck_assert(!push(1, &number));
	ck_assert(!orders_next(&lane, &out));
}
END_TEST

UNIT_MAIN_APART("orders", an_order_comes_out_as_it_went_in_and_gets_its_answer,
	an_order_that_has_no_answer_stays_the_next_one,
	a_full_lane_refuses_until_one_is_answered,
	answers_stay_until_as_many_orders_have_followed,
	positions_that_cannot_be_are_neither_read_nor_written_over)

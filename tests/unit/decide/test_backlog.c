/* The order of the backlog. */
#include "../unit.h"
#include "decide/backlog.h"

static uint32_t push(struct backlog *b, uint64_t handle, uint32_t class, uint64_t at_ns)
{
	uint32_t node;
	struct backlog_entry e = {.handle = handle, .queued_ns = at_ns, .class = class};
	ck_assert(backlog_push(b, &e, &node));
	return node;
}

static void expect_order(const struct backlog *b, const uint64_t *handles, size_t n)
{
	const struct backlog_entry *e = backlog_first(b);
	for (size_t i = 0; i < n; i++) {
		ck_assert_ptr_nonnull(e);
		ck_assert_uint_eq(e->handle, handles[i]);
		e = backlog_after(b, e);
	}
	ck_assert_ptr_null(e);
}

START_TEST(higher_classes_start_first_and_a_class_keeps_its_order)
{
	struct backlog *b = backlog_new(8);
	push(b, 1, 0, 10);
	push(b, 2, 3, 30);
	push(b, 3, 1, 20);
	push(b, 4, 3, 40);
	expect_order(b, (uint64_t[]){2, 4, 3, 1}, 4);
	ck_assert_uint_eq(backlog_length_of(b, 3), 2);
	backlog_free(b);
}
END_TEST

START_TEST(an_entry_that_comes_back_takes_its_old_place)
{
	struct backlog *b = backlog_new(8);
	uint32_t first = push(b, 1, 1, 10);
	push(b, 2, 1, 20);
	push(b, 3, 1, 30);
	backlog_remove(b, first);
	expect_order(b, (uint64_t[]){2, 3}, 2);
	push(b, 1, 1, 10);
	expect_order(b, (uint64_t[]){1, 2, 3}, 3);
	backlog_free(b);
}
END_TEST

START_TEST(a_full_backlog_refuses_and_a_removed_entry_makes_room)
{
	struct backlog *b = backlog_new(2);
	uint32_t node = push(b, 1, 0, 1), other;
	push(b, 2, 0, 2);
	struct backlog_entry e = {.handle = 3};
	ck_assert(!backlog_push(b, &e, &other));
	backlog_remove(b, node);
	ck_assert(backlog_push(b, &e, &other));
	ck_assert_uint_eq(backlog_length(b), 2);
	backlog_free(b);
}
END_TEST

/* Against the obvious model: sort by (class descending, time, arrival). */
START_TEST(random_pushes_and_removals_keep_the_model_order)
{
	enum { N = 64 };
	struct backlog *b = backlog_new(N);
	struct {
		bool used;
		uint32_t class, node;
		uint64_t at;
	} model[N] = {0};
	uint64_t x = 88172645463325252u;
	for (int step = 0; step < 20000; step++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		unsigned i = x % N;
		if (model[i].used) {
			backlog_remove(b, model[i].node);
			model[i].used = false;
		} else {
			model[i].used = true;
			model[i].class = (uint32_t)(x >> 20) % 4;
			model[i].at = ((x >> 30) % 1000) * N + i;
			model[i].node = push(b, i, model[i].class, model[i].at);
		}
		const struct backlog_entry *e = backlog_first(b), *last = NULL;
		uint32_t n = 0;
		for (; e != NULL; last = e, e = backlog_after(b, e), n++) {
			ck_assert(model[e->handle].used);
			if (last != NULL)
				ck_assert(last->class > e->class ||
					  (last->class == e->class &&
						  last->queued_ns < e->queued_ns));
		}
		ck_assert_uint_eq(n, backlog_length(b));
	}
	backlog_free(b);
}
END_TEST

UNIT_MAIN("backlog", higher_classes_start_first_and_a_class_keeps_its_order,
	an_entry_that_comes_back_takes_its_old_place,
	a_full_backlog_refuses_and_a_removed_entry_makes_room,
	random_pushes_and_removals_keep_the_model_order)

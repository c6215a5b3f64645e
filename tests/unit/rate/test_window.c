/* The window, against a log of everything it ever let in, in virtual time. */
#include "../unit.h"
#include "base/clock.h"
#include "rate/window.h"

#include <stdatomic.h>

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

/* Every reservation with what is known of it now; the truth the window is judged by. */
enum { MOST = 20000 };

struct entry {
	uint64_t at_ns, n, stamp;
};

struct record {
	struct entry entry[MOST];
	uint64_t n_entries, first,
		sum; /* entries from first on lie in (now - length, now] */
};

/* The most that is in [now - length, now], both ends included. */
static uint64_t in_interval(struct record *r, uint64_t now_ns, uint64_t length_ns)
{
	while (r->first < r->n_entries && r->entry[r->first].at_ns + length_ns < now_ns)
		r->sum -= r->entry[r->first++].n;
	return r->sum;
}

static void note(struct record *r, uint64_t now_ns, uint64_t n, uint64_t stamp)
{
	ck_assert_uint_lt(r->n_entries, MOST);
	r->entry[r->n_entries++] = (struct entry){now_ns, n, stamp};
	r->sum += n;
}

START_TEST(window_never_admits_more_than_the_limit_in_any_interval)
{
	static const uint64_t lengths[] = {60 * NS_PER_S, 3600 * NS_PER_S, 1000, 77};
	for (size_t k = 0; k < N_ELEMENTS(lengths); k++) {
		uint64_t length = lengths[k], limit = 1000, seed = k, now = NS_PER_S;
		struct record *r = calloc(1, sizeof *r);
		struct window w;
		window_init(&w, length);
		for (int i = 0; i < 15000; i++) {
			now += next_random(&seed) %
			       (i % 50 ? length / 50 + 2 : 2 * length);
			uint64_t n = 1 + next_random(&seed) % (i % 9 ? 50 : 1000);
			window_advance(&w, now);
			if (!window_fits(&w, limit, n))
				continue;
			note(r, now, n, window_add(&w, now, n));
			ck_assert_uint_le(in_interval(r, now, length), limit);
		}
		ck_assert_uint_gt(r->n_entries, 100);
		free(r);
	}
}
END_TEST

START_TEST(window_never_admits_more_while_reservations_are_refunded)
{
	uint64_t length = 60 * NS_PER_S, limit = 1000, seed = 3, now = 1;
	struct record *r = calloc(1, sizeof *r);
	struct window w;
	uint64_t open = 0;
	window_init(&w, length);
	for (int i = 0; i < 15000; i++) {
		now += next_random(&seed) % (length / 100);
		uint64_t n = 1 + next_random(&seed) % 200;
		window_advance(&w, now);
		if (window_fits(&w, limit, n))
			note(r, now, n, window_add(&w, now, n));
		ck_assert_uint_le(in_interval(r, now, length), limit);
		if (open < r->n_entries && next_random(&seed) % 2) {
			struct entry *e = &r->entry[open++];
			uint64_t actual = next_random(&seed) % (e->n + 1);
			window_correct(&w, e->stamp, e->n, actual, now);
			if (open - 1 >= r->first)
				r->sum -= e->n - actual;
			e->n = actual;
		}
	}
	ck_assert_uint_gt(open, 1000);
	free(r);
}
END_TEST

START_TEST(window_under_constant_pressure_admits_nearly_the_limit)
{
	static const struct {
		uint64_t length_ns, limit, n;
	} rows[] = {{60 * NS_PER_S, 60, 1}, {60 * NS_PER_S, 150000, 500},
		{3600 * NS_PER_S, 3000, 1}, {3600 * NS_PER_S, 1000000, 10000}};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		uint64_t limit = rows[i].limit, n = rows[i].n, admitted = 0;
		uint64_t now = 0, end = 100 * rows[i].length_ns;
		struct window w;
		window_init(&w, rows[i].length_ns);
		for (; now < end; now = window_earliest_ns(&w, limit, n, now)) {
			window_advance(&w, now);
			if (!window_fits(&w, limit, n))
				continue;
			(void)window_add(&w, now, n);
			admitted += n;
		}
		ck_assert_uint_ge(admitted * 1000, 100 * limit * 995);
	}
}
END_TEST

START_TEST(window_earliest_is_the_exact_instant)
{
	uint64_t length = 60 * NS_PER_S, limit = 100, seed = 5, now = NS_PER_S;
	struct window w, later;
	window_init(&w, length);
	unsigned n_waits = 0;
	for (int i = 0; i < 3000; i++) {
		now += next_random(&seed) % (length / 20);
		uint64_t n = 1 + next_random(&seed) % limit;
		window_advance(&w, now);
		uint64_t at = window_earliest_ns(&w, limit, n, now);
		ck_assert(window_fits(&w, limit, n) == (at == now));
		if (at != now) {
			n_waits++;
			ck_assert_uint_gt(at, now);
			later = w;
			window_advance(&later, at - 1);
			ck_assert(!window_fits(&later, limit, n));
			window_advance(&later, at);
			ck_assert(window_fits(&later, limit, n));
		}
		if (window_fits(&w, limit, n))
			(void)window_add(&w, now, n);
	}
	ck_assert_uint_gt(n_waits, 500);
}
END_TEST

START_TEST(window_never_fits_what_exceeds_the_limit_alone)
{
	struct window w;
	window_init(&w, NS_PER_S);
	ck_assert(!window_fits(&w, 10, 11));
	ck_assert_uint_eq(window_earliest_ns(&w, 10, 11, 5), UINT64_MAX);
	ck_assert(!window_fits(&w, 0, 1));
	ck_assert(window_fits(&w, UINT64_MAX, UINT64_MAX));
}
END_TEST

START_TEST(window_use_is_carried_over_when_the_limit_changes)
{
	struct window w;
	window_init(&w, 60 * NS_PER_S);
	(void)window_add(&w, NS_PER_S, 90);
	ck_assert(window_fits(&w, 100, 10) && !window_fits(&w, 50, 1));
	ck_assert(window_fits(&w, 200, 110) && !window_fits(&w, 200, 111));
	uint64_t at = window_earliest_ns(&w, 50, 1, NS_PER_S);
	ck_assert(at > 61 * NS_PER_S && at < 62 * NS_PER_S);
}
END_TEST

START_TEST(window_refund_goes_to_the_moment_of_the_reservation)
{
	struct window w;
	uint64_t length = 256 * NS_PER_S;
	window_init(&w, length);
	uint64_t stamp = window_add(&w, 10 * NS_PER_S, 100);
	(void)window_add(&w, 200 * NS_PER_S, 7);
	window_correct(&w, stamp, 100, 30, 200 * NS_PER_S);
	ck_assert_uint_eq(window_used(&w, 200 * NS_PER_S), 37);
	/* when the reservation has left, the later one alone remains, whole */
	ck_assert_uint_eq(window_used(&w, 10 * NS_PER_S + length + NS_PER_S), 7);
}
END_TEST

START_TEST(window_excess_is_counted_when_it_becomes_known)
{
	struct window w;
	uint64_t length = 256 * NS_PER_S;
	window_init(&w, length);
	uint64_t stamp = window_add(&w, 10 * NS_PER_S, 100);
	window_correct(&w, stamp, 100, 130, 200 * NS_PER_S);
	ck_assert_uint_eq(window_used(&w, 200 * NS_PER_S), 130);
	ck_assert_uint_eq(window_used(&w, 10 * NS_PER_S + length + NS_PER_S), 30);
}
END_TEST

START_TEST(window_refund_of_what_has_left_or_cannot_be_changes_nothing)
{
	struct window w;
	uint64_t length = 256 * NS_PER_S, now = 300 * NS_PER_S;
	window_init(&w, length);
	uint64_t old = window_add(&w, 10 * NS_PER_S, 100);
	uint64_t stamp = window_add(&w, now, 50);
	window_correct(&w, old, 100, 0, now);
	window_correct(&w, stamp + 1, 50, 0, now);
	window_correct(&w, UINT64_MAX, 50, 0, now);
	ck_assert_uint_eq(window_used(&w, now), 50);
	/* a refund of more than was there takes what was there */
	window_correct(&w, stamp, 1000, 0, now);
	ck_assert_uint_eq(window_used(&w, now), 0);
	ck_assert(window_fits(&w, 1, 1) && !window_fits(&w, 1, 2));
}
END_TEST

START_TEST(window_refund_one_window_too_late_spares_the_cell_that_came_after)
{
	struct window w;
	window_init(&w, WINDOW_STEPS * NS_PER_S);
	uint64_t stamp = window_add(&w, 10 * NS_PER_S, 100);
	uint64_t now = (10 + WINDOW_CELLS) * NS_PER_S;
	(void)window_add(&w, now, 50);
	window_correct(&w, stamp, 100, 0, now);
	ck_assert_uint_eq(window_used(&w, now), 50);
}
END_TEST

START_TEST(window_is_empty_after_a_long_silence)
{
	for (uint64_t start = 0; start < WINDOW_CELLS; start++) {
		struct window w;
		window_init(&w, WINDOW_STEPS * NS_PER_S);
		(void)window_add(&w, start * NS_PER_S, 100);
		window_advance(&w, 5 * WINDOW_CELLS * NS_PER_S);
		ck_assert(window_fits(&w, 1, 1));
	}
}
END_TEST

START_TEST(window_time_that_goes_back_frees_nothing)
{
	struct window w;
	window_init(&w, 60 * NS_PER_S);
	(void)window_add(&w, 100 * NS_PER_S, 10);
	(void)window_add(&w, 50 * NS_PER_S, 5);
	ck_assert(!window_fits(&w, 15, 1));
	window_advance(&w, 155 * NS_PER_S);
	ck_assert(!window_fits(&w, 15, 1));
}
END_TEST

START_TEST(window_falls_as_its_cells_leave_whoever_looks)
{
	struct window w;
	window_init(&w, WINDOW_STEPS * NS_PER_S);
	uint64_t now = 300 * NS_PER_S;
	(void)window_add(&w, 10 * NS_PER_S, 40);
	(void)window_add(&w, 20 * NS_PER_S, 50);
	(void)window_add(&w, 250 * NS_PER_S, 10);
	/* the owner has not looked since: 40 have left meanwhile */
	ck_assert_uint_eq(window_falls_ns(&w, 60, now - 31 * NS_PER_S), 269 * NS_PER_S);
	ck_assert_uint_eq(window_falls_ns(&w, 59, 270 * NS_PER_S), 277 * NS_PER_S);
	ck_assert_uint_eq(window_falls_ns(&w, 0, 270 * NS_PER_S), 507 * NS_PER_S);
	ck_assert_uint_eq(window_falls_ns(&w, 99, 260 * NS_PER_S), 267 * NS_PER_S);
	ck_assert_uint_eq(window_falls_ns(&w, 100, 260 * NS_PER_S), 260 * NS_PER_S);
	ck_assert_uint_eq(window_falls_ns(&w, 0, 900 * NS_PER_S), 900 * NS_PER_S);
}
END_TEST

START_TEST(window_sums_stop_at_the_end_of_64_bits)
{
	struct window w;
	window_init(&w, 60 * NS_PER_S);
	(void)window_add(&w, 1, UINT64_MAX);
	(void)window_add(&w, NS_PER_S, UINT64_MAX);
	ck_assert(!window_fits(&w, UINT64_MAX, 1));
	window_advance(&w, 2 * NS_PER_S);
	ck_assert(!window_fits(&w, UINT64_MAX, 1));
	ck_assert_uint_eq(window_used(&w, 2 * NS_PER_S), UINT64_MAX);
}
END_TEST

START_TEST(window_use_left_too_high_by_a_death_heals_in_the_next_cell)
{
	struct window w;
	window_init(&w, 60 * NS_PER_S);
	(void)window_add(&w, NS_PER_S, 10);
	/* killed between the two stores of an addition of 90 */
	atomic_store_explicit(&w.used, 100, memory_order_relaxed);
	ck_assert(!window_fits(&w, 100, 90));
	uint64_t at = window_earliest_ns(&w, 100, 90, NS_PER_S);
	ck_assert_uint_le(at, NS_PER_S + NS_PER_S / 4);
	window_advance(&w, at);
	ck_assert(window_fits(&w, 100, 90));
}
END_TEST

START_TEST(window_survives_a_scribbled_cell_number)
{
	struct window w;
	window_init(&w, 60 * NS_PER_S);
	(void)window_add(&w, NS_PER_S, 10);
	atomic_store_explicit(&w.newest, UINT64_MAX, memory_order_relaxed);
	ck_assert(!window_fits(&w, 10, 1));
	ck_assert_uint_gt(window_earliest_ns(&w, 10, 1, NS_PER_S), NS_PER_S);
	window_correct(&w, 4, 10, 0, NS_PER_S);
	ck_assert_uint_le(window_used(&w, NS_PER_S), 10);
	ck_assert_uint_ge(window_falls_ns(&w, 0, NS_PER_S), NS_PER_S);
}
END_TEST

UNIT_MAIN("window", window_never_admits_more_than_the_limit_in_any_interval,
	window_never_admits_more_while_reservations_are_refunded,
	window_under_constant_pressure_admits_nearly_the_limit,
	window_earliest_is_the_exact_instant,
	window_never_fits_what_exceeds_the_limit_alone,
	window_use_is_carried_over_when_the_limit_changes,
	window_refund_goes_to_the_moment_of_the_reservation,
	window_excess_is_counted_when_it_becomes_known,
	window_refund_of_what_has_left_or_cannot_be_changes_nothing,
	window_refund_one_window_too_late_spares_the_cell_that_came_after,
	window_is_empty_after_a_long_silence, window_time_that_goes_back_frees_nothing,
	window_falls_as_its_cells_leave_whoever_looks,
	window_sums_stop_at_the_end_of_64_bits,
	window_use_left_too_high_by_a_death_heals_in_the_next_cell,
	window_survives_a_scribbled_cell_number)

/* The clock of retention: a wall that leaps ahead is believed after a day, not before. */
#include "../unit.h"
#include "base/clock.h"
#include "store/prune_clock.h"

#define HOUR_NS (3600 * NS_PER_S)
#define HOUR_MS UINT64_C(3600000)
#define YEAR_MS (8760 * HOUR_MS)
#define WALL_MS (56 * YEAR_MS)

/* So many hours pass, one by one, the wall being `ahead_ms` ahead of them all the time. */
static uint64_t pass(
	struct prune_clock *c, uint64_t *hour, uint64_t n_hours, uint64_t ahead_ms)
{
	uint64_t told = 0;
	for (uint64_t i = 0; i < n_hours; i++, (*hour)++)
		told = prune_clock_read(
			c, WALL_MS + *hour * HOUR_MS + ahead_ms, (1 + *hour) * HOUR_NS);
	return told;
}

static struct prune_clock start(uint64_t newest_ms)
{
	struct prune_clock c;
	prune_clock_init(&c, newest_ms, HOUR_NS);
	return c;
}

START_TEST(it_goes_with_the_wall)
{
	struct prune_clock c = start(WALL_MS - 5);
	uint64_t hour = 0;
	ck_assert_uint_eq(pass(&c, &hour, 1, 0), WALL_MS);
	ck_assert_uint_eq(pass(&c, &hour, 100, 7), WALL_MS + 100 * HOUR_MS + 7);
}
END_TEST

START_TEST(a_leap_that_ends_has_never_been)
{
	struct prune_clock c = start(WALL_MS);
	uint64_t hour = 0;
	pass(&c, &hour, 10, 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(
			pass(&c, &hour, 23, YEAR_MS), WALL_MS + (hour - 1) * HOUR_MS);
		ck_assert_uint_eq(
			pass(&c, &hour, 1, 0), WALL_MS + (hour - 1) * HOUR_MS);
	}
}
END_TEST

START_TEST(a_leap_that_lasts_a_day_is_believed)
{
	struct prune_clock c = start(WALL_MS);
	uint64_t hour = 0;
	pass(&c, &hour, 10, 0);
	ck_assert_uint_eq(pass(&c, &hour, 24, YEAR_MS), WALL_MS + (hour - 1) * HOUR_MS);
	ck_assert_uint_eq(
		pass(&c, &hour, 1, YEAR_MS), WALL_MS + (hour - 1) * HOUR_MS + YEAR_MS);
}
END_TEST

START_TEST(a_wall_that_goes_back_is_believed_at_once)
{
	struct prune_clock c = start(WALL_MS + 3 * YEAR_MS);
	uint64_t hour = 0;
	ck_assert_uint_eq(pass(&c, &hour, 1, 0), WALL_MS);
}
END_TEST

START_TEST(a_start_goes_by_the_newest_row_for_a_day)
{
	struct prune_clock c = start(WALL_MS - 100 * HOUR_MS);
	uint64_t hour = 0;
	ck_assert_uint_eq(pass(&c, &hour, 24, 0), WALL_MS - 77 * HOUR_MS);
	ck_assert_uint_eq(pass(&c, &hour, 1, 0), WALL_MS + 24 * HOUR_MS);
}
END_TEST

UNIT_MAIN("prune_clock", it_goes_with_the_wall, a_leap_that_ends_has_never_been,
	a_leap_that_lasts_a_day_is_believed, a_wall_that_goes_back_is_believed_at_once,
	a_start_goes_by_the_newest_row_for_a_day)

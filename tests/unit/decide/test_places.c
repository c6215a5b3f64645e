/* Who may still wait. */
#include "../unit.h"
#include "decide/backlog.h"
#include "decide/places.h"

enum { HIGHEST = BACKLOG_CLASSES - 1 };

START_TEST(all_but_the_highest_class_share_the_whole_queue)
{
	for (unsigned class = 0; class < HIGHEST; class ++)
		ck_assert_uint_eq(places_for(10000, class), 10000);
}
END_TEST

START_TEST(the_highest_class_has_a_sixteenth_more_and_at_least_one)
{
	ck_assert_uint_eq(places_for(10000, HIGHEST), 10625);
	ck_assert_uint_eq(places_for(31, HIGHEST), 32);
	ck_assert_uint_eq(places_for(1, HIGHEST), 2);
	ck_assert_uint_eq(places_all(10000), 10625);
}
END_TEST

UNIT_MAIN("places", all_but_the_highest_class_share_the_whole_queue,
	the_highest_class_has_a_sixteenth_more_and_at_least_one)

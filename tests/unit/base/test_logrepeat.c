/* Repeats of an event. */
#include "../unit.h"
#include "base/clock.h"
#include "base/logrepeat.h"

START_TEST(so_many_a_second_are_written_and_the_rest_is_told_once)
{
	struct logrepeat r = {0};
	uint32_t more, written = 0;
	for (unsigned i = 0; i < 177; i++)
		written += logrepeat_see(&r, NS_PER_S + i, &more) == LOGREPEAT_WRITE;
	ck_assert_uint_eq(written, LOGREPEAT_LINES);
	ck_assert_uint_eq(logrepeat_flush(&r, NS_PER_S + 500), 0);
	ck_assert_int_eq(logrepeat_see(&r, 2 * NS_PER_S, &more), LOGREPEAT_WRITE);
	ck_assert_uint_eq(more, 127);
	ck_assert_uint_eq(logrepeat_flush(&r, 9 * NS_PER_S), 0);
}
END_TEST

START_TEST(silence_tells_the_rest_too)
{
	struct logrepeat r = {0};
	uint32_t more;
	for (unsigned i = 0; i < LOGREPEAT_LINES + 3; i++)
		(void)!logrepeat_see(&r, 5, &more);
	ck_assert_uint_eq(logrepeat_flush(&r, 5 + NS_PER_S), 3);
	ck_assert_uint_eq(logrepeat_flush(&r, 6 + NS_PER_S), 0);
}
END_TEST

UNIT_MAIN("logrepeat", so_many_a_second_are_written_and_the_rest_is_told_once,
	silence_tells_the_rest_too)

/* Keys: the order of the bytes is the order of what they mean. */
#include "../unit.h"
#include "store/keys.h"

#include <string.h>

static int compare(const struct key *a, const struct key *b)
{
	int by_bytes = memcmp(a->bytes, b->bytes, MIN(a->n, b->n));
	return by_bytes != 0 ? by_bytes : (a->n > b->n) - (a->n < b->n);
}

START_TEST(numbers_sort_as_numbers)
{
	static const uint64_t rising[] = {
		0, 1, 255, 256, 65536, UINT64_C(1) << 40, UINT64_MAX};
	for (size_t i = 1; i < N_ELEMENTS(rising); i++) {
		struct key a = key_of_number(rising[i - 1]);
		struct key b = key_of_number(rising[i]);
		ck_assert_int_lt(compare(&a, &b), 0);
	}
}
END_TEST

START_TEST(the_attempts_of_a_request_stand_together)
{
	uint8_t id[EXCHANGE_ID_BYTES] = {9}, next[EXCHANGE_ID_BYTES] = {10};
	struct key first = key_of_attempt(id, 1), last = key_of_attempt(id, 300);
	struct key other = key_of_attempt(next, 0);
	ck_assert_int_lt(compare(&first, &last), 0);
	ck_assert_int_lt(compare(&last, &other), 0);
}
END_TEST

START_TEST(a_session_that_fills_its_array_fits_a_key)
{
	char name[EXCHANGE_SESSION_BYTES];
	memset(name, 'x', sizeof name); /* no NUL: input */
	struct key k = key_of_session(name);
	ck_assert_uint_eq(k.n, EXCHANGE_SESSION_BYTES - 1);
}
END_TEST

START_TEST(numbers_come_back_from_keys)
{
	uint8_t id[EXCHANGE_ID_BYTES] = {9};
	struct key row = key_of_number(77), attempt = key_of_attempt(id, 3);
	uint64_t number = 0;
	uint32_t n = 0;
	ck_assert(key_number((struct str){(const char *)row.bytes, row.n}, &number));
	ck_assert(
		key_attempt((struct str){(const char *)attempt.bytes, attempt.n}, &n));
	ck_assert_uint_eq(number, 77);
	ck_assert_uint_eq(n, 3);
	ck_assert(!key_number(STR("short"), &number));
	ck_assert(!key_attempt(STR("short"), &n));
}
END_TEST

UNIT_MAIN("keys", numbers_sort_as_numbers, the_attempts_of_a_request_stand_together,
	a_session_that_fills_its_array_fits_a_key, numbers_come_back_from_keys)

/* Hashes that went: each is known, hardly any other is, and there is an end. */
#include "../unit.h"
#include "store/gone.h"

static uint32_t hash_of(uint32_t i)
{
	return i * UINT32_C(2654435761);
}

START_TEST(what_went_is_known_and_nothing_else)
{
	enum { N = 100000 };
	struct gone *g = gone_new();
	for (uint32_t i = 0; i < N; i++)
		ck_assert(!gone_has(g, hash_of(i + 1)));
	for (uint32_t i = 0; i < N; i++)
		gone_add(g, hash_of(i));
	for (uint32_t i = 0; i < N; i++) {
		ck_assert(gone_has(g, hash_of(i)));
		ck_assert(!gone_has(g, hash_of(N + 1 + i)));
	}
	gone_free(g);
}
END_TEST

START_TEST(what_went_there_goes_here_as_well)
{
	struct gone *a = gone_new(), *b = gone_new();
	gone_add(a, 7);
	for (uint32_t i = 100; i < 9000; i++)
		gone_add(b, hash_of(i));
	gone_join(a, b);
	ck_assert(gone_has(a, 7) && gone_has(a, hash_of(100)));
	ck_assert(gone_has(a, hash_of(8999)) && !gone_has(a, hash_of(9000)));
	gone_free(a);
	gone_free(b);
}
END_TEST

START_TEST(when_too_many_went_all_have)
{
	struct gone *g = gone_new();
	for (uint32_t i = 1; i < GONE_MAX; i++)
		gone_add(g, hash_of(i));
	ck_assert(!gone_has(g, hash_of(GONE_MAX + 5)));
	gone_add(g, hash_of(GONE_MAX));
	ck_assert(gone_has(g, hash_of(GONE_MAX + 5)));
	gone_free(g);
	gone_free(NULL);
}
END_TEST

UNIT_MAIN("gone", what_went_is_known_and_nothing_else,
	what_went_there_goes_here_as_well, when_too_many_went_all_have)

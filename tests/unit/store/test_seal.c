/* Seals: what is damaged, of another version or out of place is seen. */
#include "../unit.h"
#include "store/seal.h"

#include <string.h>

struct record {
	struct seal seal;
	uint64_t value[3];
};

static struct record sealed(uint64_t place)
{
	struct record r = {.value = {1, 2, 3}};
	seal_close(&r, sizeof r, 1, place);
	return r;
}

static struct str bytes_of(const struct record *r)
{
	return (struct str){(const char *)r, sizeof *r};
}

START_TEST(a_sealed_record_comes_back_whole)
{
	struct record r = sealed(7), out;
	ck_assert(seal_open(bytes_of(&r), &out, sizeof out, 1, 7));
	ck_assert_mem_eq(out.value, r.value, sizeof r.value);
}
END_TEST

START_TEST(any_flipped_bit_is_seen)
{
	for (size_t bit = 0; bit < 8 * sizeof(struct record); bit++) {
		struct record r = sealed(7), out;
		((uint8_t *)&r)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_msg(
			!seal_open(bytes_of(&r), &out, sizeof out, 1, 7), "%zu", bit);
	}
}
END_TEST

START_TEST(a_record_in_another_records_place_is_seen)
{
	struct record r = sealed(7), out;
	ck_assert(!seal_open(bytes_of(&r), &out, sizeof out, 1, 8));
}
END_TEST

START_TEST(another_version_is_not_read)
{
	struct record r = sealed(7), out;
	ck_assert(!seal_open(bytes_of(&r), &out, sizeof out, 2, 7));
}
END_TEST

START_TEST(a_cut_record_is_not_read)
{
	struct record r = sealed(7), out;
	for (size_t n = 0; n < sizeof r; n++)
		ck_assert(!seal_open(
			(struct str){(const char *)&r, n}, &out, sizeof out, 1, 7));
}
END_TEST

UNIT_MAIN("seal", a_sealed_record_comes_back_whole, any_flipped_bit_is_seen,
	a_record_in_another_records_place_is_seen, another_version_is_not_read,
	a_cut_record_is_not_read)

/* Bytes of one's own. */
#include "../unit.h"
#include "base/str.h"

#include <string.h>

START_TEST(a_copy_is_the_same_bytes_elsewhere)
{
	char theirs[] = "a\0b";
	struct str own = str_copy((struct str){theirs, 3});
	ck_assert_uint_eq(own.n, 3);
	ck_assert_mem_eq(own.p, "a\0b", 3);
	theirs[0] = 'x';
	ck_assert_int_eq(own.p[0], 'a');
	str_free(&own);
	ck_assert(own.p == NULL && own.n == 0);
}
END_TEST

START_TEST(nothing_is_not_the_same_as_no_bytes)
{
	struct str none = str_copy((struct str){NULL, 0}), empty = str_copy(STR(""));
	ck_assert_ptr_null(none.p);
	ck_assert_ptr_nonnull(empty.p);
	str_free(&none);
	str_free(&empty);
	str_free(&empty);
}
END_TEST

UNIT_MAIN(
	"str", a_copy_is_the_same_bytes_elsewhere, nothing_is_not_the_same_as_no_bytes)

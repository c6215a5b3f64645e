/* The smallest edit of a body. */
#include "../unit.h"
#include "text/edit.h"

#include <string.h>

static void check(size_t offset, size_t n_delete, const char *insert, const char *want)
{
	struct str body = STR("abcdef");
	struct edit edit = {offset, n_delete, {insert, strlen(insert)}};
	char out[32] = {0};
	ck_assert_uint_eq(edit_size(body, &edit), strlen(want));
	edit_apply(body, &edit, out);
	ck_assert_str_eq(out, want);
}

START_TEST(an_edit_inserts_deletes_and_replaces_anywhere)
{
	check(0, 0, "X", "Xabcdef");
	check(6, 0, "X", "abcdefX");
	check(2, 2, "", "abef");
	check(0, 6, "X", "X");
	check(3, 1, "XYZ", "abcXYZef");
}
END_TEST

START_TEST(an_edit_of_zeroes_copies)
{
	struct edit none = {0};
	char out[8] = {0};
	edit_apply(STR("abc"), &none, out);
	ck_assert_str_eq(out, "abc");
}
END_TEST

UNIT_MAIN(
	"edit", an_edit_inserts_deletes_and_replaces_anywhere, an_edit_of_zeroes_copies)

/* A whole file, or a sentence. */
#include "../unit.h"
#include "scratch.h"
#include "conf/slurp.h"

START_TEST(a_file_of_exactly_the_bound_is_read_whole)
{
	struct str text;
	struct err e = {0};
	ck_assert(slurp_file(scratch_file(STR("12345"), 0600), 5, &text, &e));
	ck_assert(text.n == 5 && memcmp(text.p, "12345", 5) == 0);
	slurp_free(&text);
}
END_TEST

START_TEST(a_file_one_byte_larger_is_refused)
{
	struct str text;
	struct err e = {0};
	ck_assert(!slurp_file(scratch_file(STR("123456"), 0600), 5, &text, &e));
	ck_assert_ptr_nonnull(strstr(e.text, ": is larger than 5 bytes"));
}
END_TEST

START_TEST(a_missing_file_is_named)
{
	struct str text;
	struct err e = {0};
	ck_assert(!slurp_file("no/such/file", 5, &text, &e));
	ck_assert_str_eq(
		e.text, "no/such/file: cannot be opened: No such file or directory");
}
END_TEST

START_TEST(a_directory_is_refused)
{
	struct str text;
	struct err e = {0};
	ck_assert(!slurp_file(".", 5, &text, &e));
	ck_assert_str_eq(e.text, ".: cannot be read: Is a directory");
}
END_TEST

START_TEST(a_pipe_is_refused_whether_somebody_writes_to_it_or_not)
{
	int ends[2];
	char path[64];
	struct str text;
	struct err e = {0}, again = {0};
	ck_assert_int_eq(pipe(ends), 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
	ck_assert(!slurp_file(path, 5, &text, &e));
	ck_assert_ptr_nonnull(strstr(e.text, ": is a pipe"));
	close(ends[1]);
	ck_assert(!slurp_file(path, 5, &text, &again));
	ck_assert_str_eq(e.text, again.text);
	close(ends[0]);
}
END_TEST

START_TEST(a_file_that_holds_more_than_it_says_is_read_whole)
{
	struct str text;
	struct err e = {0};
	ck_assert(slurp_file("/proc/self/status", 65536, &text, &e)); /* says 0 */
	ck_assert_uint_gt(text.n, 1024);
	ck_assert_int_eq(text.p[text.n - 1], '\n');
	slurp_free(&text);
	ck_assert(!slurp_file("/proc/self/status", 1024, &text, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "larger than 1024 bytes"));
}
END_TEST

UNIT_MAIN("slurp", a_file_that_holds_more_than_it_says_is_read_whole,
	a_file_of_exactly_the_bound_is_read_whole, a_file_one_byte_larger_is_refused,
	a_missing_file_is_named, a_directory_is_refused,
	a_pipe_is_refused_whether_somebody_writes_to_it_or_not)

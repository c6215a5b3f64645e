/* A whole file, or a sentence. */
#include "../unit.h"
#include "conf/slurp.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "atlas-slurp-XXXXXX";

static const char *file_with(const char *bytes)
{
	static char path[64];
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/f", dir);
	FILE *f = fopen(path, "w");
	ck_assert(f != NULL && fputs(bytes, f) >= 0 && fclose(f) == 0);
	return path;
}

static void remove_file(const char *path)
{
	unlink(path);
	rmdir(dir);
}

START_TEST(a_file_of_exactly_the_bound_is_read_whole)
{
	const char *path = file_with("12345");
	struct str text;
	struct err e = {0};
	bool done = slurp_file(path, 5, &text, &e);
	remove_file(path);
	ck_assert_msg(done, "%s", e.text);
	ck_assert(text.n == 5 && memcmp(text.p, "12345", 5) == 0);
	slurp_free(&text);
}
END_TEST

START_TEST(a_file_one_byte_larger_is_refused)
{
	const char *path = file_with("123456");
	struct str text;
	struct err e = {0};
	bool done = slurp_file(path, 5, &text, &e);
	remove_file(path);
	ck_assert(!done);
	ck_assert(strstr(e.text, "/f: is larger than 5 bytes") != NULL);
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

START_TEST(a_fifo_nobody_writes_to_does_not_hang)
{
	char path[64];
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/p", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	struct str text;
	struct err e = {0};
	bool done = slurp_file(path, 5, &text, &e);
	remove_file(path);
	ck_assert(done && text.n == 0);
	slurp_free(&text);
}
END_TEST

UNIT_MAIN("slurp", a_file_of_exactly_the_bound_is_read_whole,
	a_file_one_byte_larger_is_refused, a_missing_file_is_named,
	a_directory_is_refused, a_fifo_nobody_writes_to_does_not_hang)

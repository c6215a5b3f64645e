/* A file in stderr's place, moved away and opened again. */
#include "../unit.h"
#include "base/log.h"
#include "base/logfile.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/atlas-logfile-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[2][64];
	static unsigned turn;
	turn ^= 1;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static size_t lines_of(const char *path)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;
	ck_assert_ptr_nonnull(f);
	for (int c; (c = fgetc(f)) != EOF;)
		n += c == '\n';
	fclose(f);
	return n;
}

static void clear(void)
{
	(void)unlink(in_dir("log"));
	(void)unlink(in_dir("old"));
	(void)rmdir(dir);
}

START_TEST(lines_go_to_the_file_also_after_it_was_moved_until_it_is_opened_again)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert(logfile_open(in_dir("log"), NULL));
	log_event(LOG_ERROR, EVENT_START, "n=1");
	ck_assert_int_eq(rename(in_dir("log"), in_dir("old")), 0);
	log_event(LOG_ERROR, EVENT_START, "n=2");
	ck_assert(logfile_open(in_dir("log"), NULL));
	log_event(LOG_ERROR, EVENT_START, "n=3");
	ck_assert_uint_eq(lines_of(in_dir("old")), 2);
	ck_assert_uint_eq(lines_of(in_dir("log")), 1);
	clear();
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_leaves_the_log_where_it_is)
{
	struct err e = {0};
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert(logfile_open(in_dir("log"), NULL));
	ck_assert(!logfile_open("/nowhere/log", &e));
	ck_assert_str_eq(e.text,
		"cannot open the log file /nowhere/log: No such file or directory");
	ck_assert_int_eq(symlink("/dev/null", in_dir("old")), 0);
	ck_assert(!logfile_open(in_dir("old"), NULL));
	log_event(LOG_ERROR, EVENT_START, "n=1");
	ck_assert_uint_eq(lines_of(in_dir("log")), 1);
	clear();
}
END_TEST

START_TEST(what_could_be_opened_is_known_before_and_nothing_is_made)
{
	struct err e = {0};
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert(logfile_check(in_dir("log"), NULL));
	ck_assert_int_ne(access(in_dir("log"), F_OK), 0);
	ck_assert(logfile_open(in_dir("log"), NULL));
	ck_assert(logfile_check(in_dir("log"), NULL));
	ck_assert_int_eq(symlink("/dev/null", in_dir("old")), 0);
	ck_assert(!logfile_check(in_dir("old"), NULL));
	ck_assert(!logfile_check(dir, NULL));
	ck_assert(!logfile_check("/nowhere/log", &e));
	ck_assert_str_eq(e.text,
		"cannot open the log file /nowhere/log: No such file or directory");
	clear();
}
END_TEST

START_TEST(no_path_is_no_file_and_no_error)
{
	ck_assert(logfile_check("", NULL));
	ck_assert(logfile_open("", NULL));
}
END_TEST

UNIT_MAIN_APART("logfile",
	lines_go_to_the_file_also_after_it_was_moved_until_it_is_opened_again,
	a_file_that_cannot_be_opened_leaves_the_log_where_it_is,
	what_could_be_opened_is_known_before_and_nothing_is_made,
	no_path_is_no_file_and_no_error)

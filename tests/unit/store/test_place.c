/* Where the files lie: made whole, or not at all. */
#include "../unit.h"
#include "fixture.h"
#include "store/place.h"

#include <fcntl.h>
#include <sys/stat.h>

static void write_file(const char *dir, const char *text)
{
	char path[PLACE_PATH_BYTES + 16];
	snprintf(path, sizeof path, "%s/data.mdb", dir);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

static bool fill(const char *dir, void *arg, struct err *e)
{
	int *calls = arg;
	(void)e;
	write_file(dir, "all");
	(*calls)++;
	return true;
}

static bool fill_fails(const char *dir, void *arg, struct err *e)
{
	(void)dir, (void)arg;
	return err_set(e, "no");
}

START_TEST(a_missing_ledger_is_made_private_and_once)
{
	const char *dir = fixture_dir("/dev/shm");
	struct place p;
	struct err e = {0};
	struct stat st;
	int calls = 0;
	ck_assert(place_claim(&p, dir, &e));
	ck_assert(place_make(&p, false, fill, &calls, &e));
	ck_assert(place_make(&p, false, fill, &calls, &e));
	ck_assert_int_eq(calls, 1);
	ck_assert(stat(p.ledger, &st) == 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	place_leave(&p);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_ledger_that_could_not_be_filled_is_not_there)
{
	const char *dir = fixture_dir("/dev/shm");
	struct place p;
	struct err e = {0};
	struct stat st;
	ck_assert(place_claim(&p, dir, &e));
	ck_assert(!place_make(&p, false, fill_fails, NULL, &e));
	ck_assert_int_lt(stat(p.ledger, &st), 0);
	place_leave(&p);
	fixture_remove(dir);
}
END_TEST

START_TEST(one_that_must_be_there_is_not_made_anew)
{
	const char *dir = fixture_dir("/dev/shm");
	struct place p;
	struct err e = {0};
	struct stat st;
	int calls = 0;
	ck_assert(place_claim(&p, dir, &e));
	ck_assert(!place_make(&p, true, fill, &calls, &e));
	ck_assert_int_eq(calls, 0);
	ck_assert_int_lt(stat(p.ledger, &st), 0);
	place_leave(&p);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_folder_without_its_file_or_with_an_empty_one_is_refused)
{
	const char *dir = fixture_dir("/dev/shm");
	struct place p;
	struct err none = {0}, empty = {0};
	int calls = 0;
	ck_assert(place_claim(&p, dir, &none));
	ck_assert_int_eq(mkdir(p.ledger, 0700), 0);
	ck_assert(!place_make(&p, false, fill, &calls, &none));
	ck_assert_ptr_nonnull(strstr(none.text, "data.mdb"));
	write_file(p.ledger, "");
	ck_assert(!place_make(&p, false, fill, &calls, &empty));
	ck_assert_ptr_nonnull(strstr(empty.text, "emptied"));
	ck_assert_int_eq(calls, 0);
	place_leave(&p);
	fixture_remove(dir);
}
END_TEST

START_TEST(what_a_power_cut_left_of_a_creation_is_made_again)
{
	const char *dir = fixture_dir("/dev/shm");
	char path[128];
	snprintf(path, sizeof path, "%s/ledger.new", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	write_file(path, "half");
	ledger_close(fixture_open(dir, 1));
	fixture_remove(dir);
}
END_TEST

START_TEST(a_missing_data_dir_is_named)
{
	struct place p;
	struct err e = {0};
	ck_assert(!place_claim(&p, "/dev/shm/no-such-dir", &e));
	ck_assert_ptr_nonnull(strstr(e.text, "/dev/shm/no-such-dir"));
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
	static char path[PLACE_PATH_BYTES];
	struct place p;
	struct err e = {0};
	memset(path, 'x', sizeof path - 1);
	ck_assert(!place_find(&p, path, &e));
}
END_TEST

UNIT_MAIN("place", a_missing_ledger_is_made_private_and_once,
	a_ledger_that_could_not_be_filled_is_not_there,
	one_that_must_be_there_is_not_made_anew,
	a_folder_without_its_file_or_with_an_empty_one_is_refused,
	what_a_power_cut_left_of_a_creation_is_made_again, a_missing_data_dir_is_named,
	a_path_that_is_too_long_is_refused)

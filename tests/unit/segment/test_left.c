/* Segments set aside: in order, none over another, and only so many. */
#include "../unit.h"
#include "segment/left.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char dir[64], segment[80];
static struct err e;

static void begin(void)
{
	snprintf(dir, sizeof dir, "/dev/shm/left-test-XXXXXX");
	ck_assert(mkdtemp(dir) != NULL);
	snprintf(segment, sizeof segment, "%s/segment", dir);
	e = (struct err){0};
}

static void end(void)
{
	struct left_list left;
	char path[LEFT_PATH_BYTES];
	(void)unlink(segment);
	ck_assert(left_find(&left, dir, &e));
	for (uint32_t i = 0; i < left.n; i++) {
		left_path(path, dir, left.number[i]);
		ck_assert_int_eq(unlink(path), 0);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}

static void make_segment(char content)
{
	int fd = open(segment, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert(fd >= 0 && write(fd, &content, 1) == 1 && close(fd) == 0);
}

/* 0 = there is none. */
static char content_of(const char *path)
{
	char c = 0;
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	ck_assert_int_eq(read(fd, &c, 1), 1);
	close(fd);
	return c;
}

static bool set_aside(char content, uint32_t most)
{
	char path[LEFT_PATH_BYTES];
	make_segment(content);
	return left_set_aside(path, dir, segment, most, &e) &&
	       content_of(path) == content && content_of(segment) == 0;
}

static char content_at(uint32_t n)
{
	char path[LEFT_PATH_BYTES];
	left_path(path, dir, n);
	return content_of(path);
}

START_TEST(what_is_set_aside_later_stands_behind_what_is_there)
{
	begin();
	ck_assert_msg(
		set_aside('a', LEFT_MOST) && set_aside('b', LEFT_MOST), "%s", e.text);
	ck_assert_int_eq(content_at(0), 'a');
	ck_assert_int_eq(content_at(1), 'b');
	end();
}
END_TEST

START_TEST(a_place_before_one_that_is_taken_stays_empty)
{
	char path[LEFT_PATH_BYTES];
	begin();
	ck_assert(set_aside('a', LEFT_MOST) && set_aside('b', LEFT_MOST));
	left_path(path, dir, 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(set_aside('c', LEFT_MOST));
	ck_assert_int_eq(content_at(0), 0);
	ck_assert_int_eq(content_at(2), 'c');
	end();
}
END_TEST

START_TEST(no_more_than_most_are_set_aside_and_the_rest_stays_where_it_is)
{
	char path[LEFT_PATH_BYTES];
	begin();
	for (uint32_t n = 0; n < LEFT_BY_RESETS; n++)
		ck_assert(set_aside('a', LEFT_BY_RESETS));
	make_segment('z');
	ck_assert(!left_set_aside(path, dir, segment, LEFT_BY_RESETS, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "16 segments"));
	ck_assert_int_eq(content_of(segment), 'z');
	for (uint32_t n = LEFT_BY_RESETS; n < 3 * LEFT_BY_RESETS; n++) {
		ck_assert(left_set_aside(path, dir, segment, LEFT_MOST, &e));
		ck_assert_int_eq(content_at(n), 'z'); /* a start goes on */
		make_segment('z');
	}
	end();
}
END_TEST

START_TEST(where_no_segment_is_none_is_set_aside)
{
	char path[LEFT_PATH_BYTES];
	begin();
	ck_assert(left_set_aside(path, dir, segment, LEFT_MOST, &e));
	ck_assert_str_eq(path, "");
	end();
}
END_TEST

START_TEST(those_that_stand_there_are_found_oldest_first)
{
	struct left_list left;
	char path[LEFT_PATH_BYTES];
	begin();
	for (uint32_t n = 0; n < 12; n++)
		ck_assert(set_aside('a', LEFT_MOST));
	left_path(path, dir, 3);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(left_find(&left, dir, &e));
	ck_assert_uint_eq(left.n, 11);
	for (uint32_t i = 0; i < left.n; i++)
		ck_assert_uint_eq(left.number[i], i < 3 ? i : i + 1);
	end();
}
END_TEST

START_TEST(what_has_another_name_is_none_of_them)
{
	static const char *const names[] = {"segment.left.", "segment.left.0",
		"segment.left.01", "segment.left.4096", "segment.left.1x",
		"segment.leftover", "lock"};
	struct left_list left;
	char path[sizeof dir + 32];
	begin();
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		make_segment('x');
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		ck_assert_int_eq(rename(segment, path), 0);
	}
	ck_assert(left_find(&left, dir, &e));
	ck_assert_uint_eq(left.n, 0);
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		ck_assert_int_eq(unlink(path), 0);
	}
	end();
}
END_TEST

START_TEST(a_folder_that_is_gone_is_said_to_be)
{
	struct left_list left;
	begin();
	end();
	ck_assert(!left_find(&left, dir, &e));
	ck_assert_ptr_nonnull(strstr(e.text, dir));
}
END_TEST

UNIT_MAIN("left", what_is_set_aside_later_stands_behind_what_is_there,
	a_place_before_one_that_is_taken_stays_empty,
	no_more_than_most_are_set_aside_and_the_rest_stays_where_it_is,
	where_no_segment_is_none_is_set_aside,
	those_that_stand_there_are_found_oldest_first,
	what_has_another_name_is_none_of_them, a_folder_that_is_gone_is_said_to_be)

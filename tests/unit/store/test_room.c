/* What is left for the ledger, and what is kept ready of it. */
#include "../unit.h"
#include "store/room.h"
#include "world.h"

#include <sys/stat.h>

enum { FACTS = 10000 };

static union fact facts[FACTS];

#define MIB (UINT64_C(1) << 20)

static struct room_seen plenty(void)
{
	return (struct room_seen){.file_bytes = 100 * MIB,
		.max_bytes = 1000 * MIB,
		.kept_bytes = 64 * MIB,
		.disk_bytes = 10000 * MIB,
		.step_bytes = 64 * MIB};
}

START_TEST(a_ledger_is_short_from_80_percent_of_max_size_on)
{
	struct room_seen s = plenty();
	s.file_bytes = 800 * MIB - 1;
	ck_assert_int_eq(room_judge(&s, ROOM_ENOUGH), ROOM_ENOUGH);
	s.file_bytes = 800 * MIB;
	ck_assert_int_eq(room_judge(&s, ROOM_ENOUGH), ROOM_OF_MAX_SIZE);
	s.free_bytes = 1; /* pruned: it is written over before the file grows */
	ck_assert_int_eq(room_judge(&s, ROOM_ENOUGH), ROOM_ENOUGH);
}
END_TEST

START_TEST(a_disk_is_short_when_no_step_can_follow_the_one_that_is_kept)
{
	struct room_seen s = plenty();
	s.disk_bytes = 64 * MIB;
	ck_assert_int_eq(room_judge(&s, ROOM_ENOUGH), ROOM_ENOUGH);
	s.disk_bytes--;
	ck_assert_int_eq(room_judge(&s, ROOM_ENOUGH), ROOM_OF_DISK);
	s.free_bytes = 1;
	ck_assert_int_eq(room_judge(&s, ROOM_ENOUGH), ROOM_ENOUGH);
}
END_TEST

START_TEST(no_more_is_wanted_of_a_disk_than_max_size_can_take)
{
	struct room_seen s = plenty();
	s.max_bytes = 130 * MIB;
	s.kept_bytes = 30 * MIB;
	s.disk_bytes = 0;
	s.free_bytes = 50 * MIB; /* 50 of 130 are used */
	ck_assert_int_eq(room_judge(&s, ROOM_ENOUGH), ROOM_ENOUGH);
	s.kept_bytes--;
	ck_assert_int_eq(room_judge(&s, ROOM_ENOUGH), ROOM_OF_DISK);
}
END_TEST

START_TEST(what_was_short_is_enough_with_a_margin)
{
	struct room_seen s = plenty();
	s.file_bytes = 750 * MIB;
	ck_assert_int_eq(room_judge(&s, ROOM_OF_MAX_SIZE), ROOM_OF_MAX_SIZE);
	s.file_bytes--;
	ck_assert_int_eq(room_judge(&s, ROOM_OF_MAX_SIZE), ROOM_ENOUGH);
	s = plenty();
	s.disk_bytes = 96 * MIB - 1;
	ck_assert_int_eq(room_judge(&s, ROOM_OF_DISK), ROOM_OF_DISK);
	s.disk_bytes++;
	ck_assert_int_eq(room_judge(&s, ROOM_OF_DISK), ROOM_ENOUGH);
}
END_TEST

static struct ledger *open_at(const char *dir, uint64_t max_bytes)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = max_bytes,
		.instance = 1,
		.now_ms = TEST_NOW_MS};
	struct ledger_found found;
	struct ledger *l = NULL;
	struct err e = {0};
	ck_assert_msg(ledger_open(&l, &plan, &found, &e), "%s", e.text);
	return l;
}

static struct stat file_of(const char *dir)
{
	struct stat st = {0};
	char path[96];
	snprintf(path, sizeof path, "%s/ledger/data.mdb", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	return st;
}

static uint64_t allocated(const struct stat *st)
{
	return (uint64_t)st->st_blocks * 512;
}

START_TEST(a_step_is_kept_ready_behind_a_file_of_the_same_length)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct room room = {0};
	struct err e = {0};
	char text[ROOM_TEXT_BYTES];
	struct stat before = file_of(dir);
	room_look(&room, ledger_store(l));
	struct stat after = file_of(dir);
	ck_assert_int_eq(after.st_size, before.st_size);
	ck_assert_uint_gt(room.seen.step_bytes, 0);
	ck_assert_uint_eq(room.seen.kept_bytes, room.seen.step_bytes);
	ck_assert_uint_ge(allocated(&after), room.seen.step_bytes);
	ck_assert(ledger_is_in_place(l, &e));
	room_tell(&room, text);
	ck_assert_str_eq(text, "");
	ledger_close(l);
	after = file_of(dir);
	ck_assert_uint_ge(
		allocated(&after), room.seen.step_bytes); /* for the next start */
	fixture_remove(dir);
}
END_TEST

/* Small enough for what a few thousand facts take to be most of it. */
START_TEST(never_more_is_kept_than_max_size_and_what_is_free_is_counted)
{
	const char *dir = fixture_dir("/dev/shm");
	struct world *w = world_at(4, FACTS, facts);
	struct ledger *l = open_at(dir, 2 * MIB);
	struct room room = {0};
	char text[ROOM_TEXT_BYTES];
	room_look(&room, ledger_store(l));
	struct stat st = file_of(dir);
	ck_assert_uint_eq(room.kept_to, 2 * MIB);
	ck_assert_uint_le(allocated(&st), 2 * MIB);
	for (uint64_t i = 1; room.shortage == ROOM_ENOUGH && i < FACTS; i += 100) {
		world_must_commit(l, facts, i, i + 99);
		room_look(&room, ledger_store(l));
	}
	ck_assert_msg(room.shortage == ROOM_OF_MAX_SIZE, "of %llu: %llu free",
		(unsigned long long)room.seen.file_bytes,
		(unsigned long long)room.seen.free_bytes);
	ck_assert_uint_gt(room.seen.free_bytes, 0);
	ck_assert_uint_lt(room.seen.free_bytes, room.seen.file_bytes);
	st = file_of(dir);
	ck_assert_uint_le(allocated(&st), 2 * MIB);
	room_tell(&room, text);
	ck_assert_ptr_nonnull(strstr(text, "% of [ledger] max_size used"));
	ledger_close(l);
	fixture_remove(dir);
	free(w);
}
END_TEST

START_TEST(what_is_short_is_told_with_how_much_is_left)
{
	struct room room = {.shortage = ROOM_OF_DISK, .seen = plenty()};
	char text[ROOM_TEXT_BYTES];
	room.seen.disk_bytes = 36 * MIB;
	room_tell(&room, text);
	ck_assert_str_eq(text, "its disk has room for 102400K more: make room");
	room.seen.disk_bytes = UINT64_C(1) << 62;
	room_tell(&room, text);
	ck_assert_ptr_nonnull(strstr(text, "make room"));
}
END_TEST

UNIT_MAIN("room", a_ledger_is_short_from_80_percent_of_max_size_on,
	a_disk_is_short_when_no_step_can_follow_the_one_that_is_kept,
	no_more_is_wanted_of_a_disk_than_max_size_can_take,
	what_was_short_is_enough_with_a_margin,
	a_step_is_kept_ready_behind_a_file_of_the_same_length,
	never_more_is_kept_than_max_size_and_what_is_free_is_counted,
	what_is_short_is_told_with_how_much_is_left)

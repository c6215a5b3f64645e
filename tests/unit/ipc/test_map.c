/* The map: how the file comes to be, who may open it, and which offsets are let in. */
#include "../unit.h"
#include "ipc/map.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, BYTES = 8 * PAGE };

/* A folder of this test's own, and the segment's name in it. */
struct place {
	char folder[128], path[192], fresh[196];
};

static struct place a_place(void)
{
	struct place p;
	snprintf(p.folder, sizeof p.folder, "%s/atlas-map-XXXXXX", P_tmpdir);
	ck_assert_ptr_nonnull(mkdtemp(p.folder));
	snprintf(p.path, sizeof p.path, "%s/segment", p.folder);
	snprintf(p.fresh, sizeof p.fresh, "%s.new", p.path);
	return p;
}

static void leave(const struct place *p)
{
	unlink(p->path);
	unlink(p->fresh);
	ck_assert_int_eq(rmdir(p->folder), 0);
}

static struct map a_map(const struct place *p)
{
	struct map m;
	struct err e = {0};
	ck_assert_msg(map_create(&m, p->path, BYTES, &e), "%s", e.text);
	return m;
}

START_TEST(map_create_makes_a_zeroed_file_for_this_user_only)
{
	struct place p = a_place();
	umask(0);
	struct map m = a_map(&p);
	struct stat st;
	ck_assert_int_eq(stat(p.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(st.st_size, BYTES);
	for (int i = 0; i < BYTES; i++)
		ck_assert_uint_eq(m.base[i], 0);
	ck_assert_int_ne(access(p.fresh, F_OK), 0);
	ck_assert_int_eq(fcntl(m.fd, F_GETFD), FD_CLOEXEC);
	map_close(&m);
	leave(&p);
}
END_TEST

START_TEST(map_create_leaves_old_mappings_alone)
{
	struct place p = a_place();
	struct map old = a_map(&p), fresh;
	old.base[0] = 1;
	fresh = a_map(&p);
	fresh.base[0] = 2;
	ck_assert_uint_eq(old.base[0], 1);
	map_close(&old);
	map_close(&fresh);
	leave(&p);
}
END_TEST

START_TEST(map_create_does_not_follow_a_link_at_the_temporary_name)
{
	struct place p = a_place();
	char victim[196];
	snprintf(victim, sizeof victim, "%s/victim", p.folder);
	ck_assert_int_eq(symlink(victim, p.fresh), 0);
	struct map m = a_map(&p);
	ck_assert_int_ne(access(victim, F_OK), 0);
	map_close(&m);
	leave(&p);
}
END_TEST

START_TEST(map_create_fails_with_a_sentence_that_names_the_place)
{
	struct map m;
	struct err e = {0};
	ck_assert(!map_create(&m, "/nonexistent/segment", BYTES, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "/nonexistent/segment.new"));
	ck_assert_ptr_null(m.base);
	map_close(&m);
}
END_TEST

START_TEST(map_open_readonly_sees_what_the_writer_writes)
{
	struct place p = a_place();
	struct map m = a_map(&p), view;
	ck_assert(map_open_readonly(&view, p.path, NULL));
	ck_assert_uint_eq(view.size_bytes, BYTES);
	m.base[5000] = 42;
	ck_assert_uint_eq(view.base[5000], 42);
	map_close(&view);
	map_close(&m);
	leave(&p);
}
END_TEST

START_TEST(map_open_readonly_refuses_links_fifos_folders_and_empty_files)
{
	struct place p = a_place();
	struct map view;
	ck_assert(!map_open_readonly(&view, p.path, NULL));
	ck_assert(!map_open_readonly(&view, p.folder, NULL));
	ck_assert_int_eq(symlink("/etc/passwd", p.path), 0);
	ck_assert(!map_open_readonly(&view, p.path, NULL));
	unlink(p.path);
	ck_assert_int_eq(mkfifo(p.path, 0600), 0);
	ck_assert(!map_open_readonly(&view, p.path, NULL));
	unlink(p.path);
	int fd = open(p.path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	ck_assert(!map_open_readonly(&view, p.path, NULL));
	leave(&p);
}
END_TEST

START_TEST(map_at_lets_in_only_what_lies_inside_and_is_aligned)
{
	static uint8_t bytes[BYTES] __attribute__((aligned(PAGE)));
	struct map m = {bytes, BYTES, -1};
	static const struct {
		uint64_t offset, size, align;
		bool inside;
	} rows[] = {
		{0, BYTES, 64, true},
		{BYTES, 0, 64, true},
		{BYTES - 8, 8, 8, true},
		{BYTES - 8, 9, 8, false},
		{BYTES + 64, 0, 64, false},
		{4, 8, 8, false},
		{64, UINT64_MAX, 8, false},
		{UINT64_MAX, 1, 1, false},
		{UINT64_MAX - 7, 16, 8, false},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const void *at =
			map_at(&m, rows[i].offset, rows[i].size, rows[i].align);
		const void *want = rows[i].inside ? bytes + rows[i].offset : NULL;
		ck_assert_msg(at == want, "row %zu", i);
	}
}
END_TEST

START_TEST(map_punch_gives_back_whole_pages_only)
{
	struct place p = a_place();
	struct map m = a_map(&p);
	memset(m.base, 0xaa, BYTES);
	ck_assert(map_punch(&m, PAGE - 1, 2 * PAGE + 1));
	ck_assert_uint_eq(m.base[PAGE - 1], 0xaa);
	for (int i = PAGE; i < 3 * PAGE; i++)
		ck_assert_uint_eq(m.base[i], 0);
	ck_assert_uint_eq(m.base[3 * PAGE], 0xaa);
	ck_assert(map_punch(&m, 5 * PAGE + 1, PAGE));
	ck_assert_uint_eq(m.base[5 * PAGE + 1], 0xaa);
	ck_assert(!map_punch(&m, 0, BYTES + 1));
	ck_assert_uint_eq(m.base[0], 0xaa);
	map_close(&m);
	leave(&p);
}
END_TEST

START_TEST(map_close_takes_a_map_that_was_never_opened)
{
	struct map m = {0};
	map_close(&m);
	ck_assert_int_ne(fcntl(STDIN_FILENO, F_GETFD), -1);
}
END_TEST

UNIT_MAIN("map", map_create_makes_a_zeroed_file_for_this_user_only,
	map_create_leaves_old_mappings_alone,
	map_create_does_not_follow_a_link_at_the_temporary_name,
	map_create_fails_with_a_sentence_that_names_the_place,
	map_open_readonly_sees_what_the_writer_writes,
	map_open_readonly_refuses_links_fifos_folders_and_empty_files,
	map_at_lets_in_only_what_lies_inside_and_is_aligned,
	map_punch_gives_back_whole_pages_only,
	map_close_takes_a_map_that_was_never_opened)

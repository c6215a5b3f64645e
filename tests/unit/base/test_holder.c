/* Whose a lock is: its holder's, and nobody's once that has let it go. */
#include "../unit.h"
#include "base/holder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void holds_until_closed(const char *path, int fd)
{
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(holder_find(path), 0);
	ck_assert(!holder_is_there(path));
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_uint_eq(holder_find(path), (uint32_t)getpid());
	ck_assert(holder_is_there(path));
	close(fd);
	ck_assert_uint_eq(holder_find(path), 0);
	ck_assert(!holder_is_there(path));
}

START_TEST(files_and_folders_have_holders)
{
	char dir[] = "/dev/shm/atlas-holder-XXXXXX", file[64];
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof file, "%s/lock", dir);
	holds_until_closed(dir, open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	holds_until_closed(file, open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(what_is_not_there_or_a_pipe_has_none)
{
	char dir[] = "/dev/shm/atlas-holder-XXXXXX", pipe_path[64];
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(pipe_path, sizeof pipe_path, "%s/pipe", dir);
	ck_assert(!holder_is_there(pipe_path));
	ck_assert_uint_eq(holder_find(pipe_path), 0);
	ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
	ck_assert(!holder_is_there(pipe_path));
	ck_assert_int_eq(unlink(pipe_path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

UNIT_MAIN(
	"holder", files_and_folders_have_holders, what_is_not_there_or_a_pipe_has_none)

/* Who writes: the holder of the lock, and nobody once it is free. */
#include "../unit.h"
#include "fixture.h"
#include "store/place.h"
#include "store/writer.h"

#include <sys/wait.h>
#include <unistd.h>

START_TEST(the_holder_of_the_lock_is_the_writer)
{
	const char *dir = fixture_dir("/dev/shm");
	struct place p;
	struct err e = {0};
	ck_assert_uint_eq(store_writer(dir), 0);
	ck_assert(place_claim(&p, dir, &e));
	ck_assert_uint_eq(store_writer(dir), (uint32_t)getpid());
	place_leave(&p);
	ck_assert_uint_eq(store_writer(dir), 0);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_writer_that_died_is_none)
{
	const char *dir = fixture_dir("/dev/shm");
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct place p;
		_exit(place_claim(&p, dir, NULL) ? 0 : 1);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(store_writer(dir), 0);
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("writer", the_holder_of_the_lock_is_the_writer, a_writer_that_died_is_none)

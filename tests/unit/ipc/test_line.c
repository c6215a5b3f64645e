/* A line there and one back, whatever the other one does. */
#include "../unit.h"
#include "base/clock.h"
#include "ipc/line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int ours, theirs;
static char answer[16];

static void begin(const char *their_words)
{
	int pair[2];
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ours = pair[0];
	theirs = pair[1];
	memset(answer, 'x', sizeof answer);
	ck_assert_int_eq(write(theirs, their_words, strlen(their_words)),
		(ssize_t)strlen(their_words));
}

static void end(void)
{
	close(ours);
	if (theirs >= 0)
		close(theirs);
}

static bool ask(uint64_t within_ns)
{
	struct line_patience p = {.until_ns = clock_mono_ns() + within_ns};
	return line_ask(ours, STR("status"), &p, answer, sizeof answer);
}

START_TEST(a_line_is_asked_and_one_answers)
{
	char asked[16] = "";
	begin("fine\n");
	ck_assert(ask(NS_PER_S));
	ck_assert_str_eq(answer, "fine");
	ck_assert_int_eq(read(theirs, asked, sizeof asked), 7);
	ck_assert_str_eq(asked, "status\n");
	end();
}
END_TEST

START_TEST(what_follows_the_line_is_no_part_of_it)
{
	begin("fine\nand\n");
	ck_assert(ask(NS_PER_S));
	ck_assert_str_eq(answer, "fine");
	end();
}
END_TEST

START_TEST(an_answer_that_is_cut_off_is_none)
{
	begin("fi");
	ck_assert_int_eq(shutdown(theirs, SHUT_WR), 0);
	ck_assert(!ask(NS_PER_S));
	end();
}
END_TEST

START_TEST(whoever_has_gone_is_not_waited_for)
{
	begin("fine\n");
	close(theirs);
	theirs = -1;
	ck_assert(!ask(60 * NS_PER_S));
	end();
}
END_TEST

START_TEST(an_answer_fits_with_its_end_or_is_none)
{
	begin("fifteen letters\n");
	ck_assert(ask(NS_PER_S));
	ck_assert_str_eq(answer, "fifteen letters");
	end();
	begin("sixteen letters.\n");
	ck_assert(!ask(NS_PER_S));
	end();
}
END_TEST

START_TEST(an_answer_with_a_nul_in_it_is_none)
{
	static const char words[] = "{}\0 }\n";
	begin("");
	ck_assert_int_eq(write(theirs, words, sizeof words - 1), sizeof words - 1);
	ck_assert(!ask(NS_PER_S));
	end();
}
END_TEST

START_TEST(when_its_time_is_up_an_answer_is_not_read_on)
{
	begin("f");
	ck_assert(!ask(NS_PER_MS));
	end();
}
END_TEST

static bool is_in_vain_at_last(void *arg)
{
	int *n = arg;
	return ++*n > 1;
}

START_TEST(who_knows_that_it_is_in_vain_waits_no_longer)
{
	int n = 0;
	struct line_patience p = {UINT64_MAX, is_in_vain_at_last, &n};
	begin("f");
	ck_assert(!line_ask(ours, STR("status"), &p, answer, sizeof answer));
	ck_assert_int_eq(n, 2);
	end();
}
END_TEST

static int listen_at(struct sockaddr_un *at)
{
	char dir[] = "/dev/shm/line-test-XXXXXX";
	ck_assert_ptr_nonnull(mkdtemp(dir));
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(at->sun_path, sizeof at->sun_path, "%s/s", dir);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
	return fd;
}

static void remove_socket(struct sockaddr_un *at)
{
	ck_assert_int_eq(unlink(at->sun_path), 0);
	*strrchr(at->sun_path, '/') = '\0';
	ck_assert_int_eq(rmdir(at->sun_path), 0);
}

START_TEST(nobody_and_somebody_who_takes_no_more_are_told_apart)
{
	struct sockaddr_un at;
	int server = listen_at(&at), first, second;
	ck_assert_int_eq(line_connect(at.sun_path), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	ck_assert_int_eq(listen(server, 0), 0);
	first = line_connect(at.sun_path);
	ck_assert_int_ge(first, 0);
	second = line_connect(at.sun_path);
	ck_assert_int_eq(second, -1);
	ck_assert_int_eq(errno, EAGAIN);
	close(first);
	close(server);
	remove_socket(&at);
	ck_assert_int_eq(line_connect("/dev/shm/nobody/s"), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_path_that_no_socket_has_is_not_cut_to_one)
{
	char path[sizeof((struct sockaddr_un *)0)->sun_path + 1];
	memset(path, 'a', sizeof path);
	path[sizeof path - 1] = '\0';
	ck_assert_int_eq(line_connect(path), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

UNIT_MAIN("line", a_line_is_asked_and_one_answers,
	what_follows_the_line_is_no_part_of_it, an_answer_that_is_cut_off_is_none,
	whoever_has_gone_is_not_waited_for, an_answer_fits_with_its_end_or_is_none,
	an_answer_with_a_nul_in_it_is_none,
	when_its_time_is_up_an_answer_is_not_read_on,
	who_knows_that_it_is_in_vain_waits_no_longer,
	nobody_and_somebody_who_takes_no_more_are_told_apart,
	a_path_that_no_socket_has_is_not_cut_to_one)

/*
 * Death at random: a writer and a reader over each mechanism of ipc/ at full speed, one of
 * them killed with SIGKILL again and again. After every death the survivor and the
 * successor must both get on, and nothing may come torn, twice, out of order or not at
 * all (traffic.h says how that is seen).
 *
 *	kill_random [KILLS]        for each mechanism; 200 when not given
 */
#include "traffic.h"

#include "base/clock.h"
#include "base/num.h"
#include "ipc/lane.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum side { WRITER, READER, SIDES };

static const char *const side_names[SIDES] = {"writer", "reader"};

/* Shared with the children, before the memory that they work on. */
struct stage {
	_Atomic uint64_t n_moved[SIDES]; /* W: that side, all its incarnations */
	_Atomic bool is_wrong[SIDES];
	CACHE_ALIGNED uint8_t mem[TRAFFIC_MEM_BYTES];
};

struct judge {
	const struct traffic *t;
	struct stage *stage;
	pid_t pid[SIDES];
	uint64_t rng;
};

/* relaxed throughout: counters to look at, nothing is read on their strength */
static uint64_t n_moved(const struct judge *j, enum side who)
{
	return atomic_load_explicit(&j->stage->n_moved[who], memory_order_relaxed);
}

static void play(const struct judge *j, enum side who, uint64_t seed)
{
	struct traffic_side s = {.rng = seed};
	enum traffic_turn (*turn)(void *, struct traffic_side *) =
		who == WRITER ? j->t->write : j->t->read;
	for (;;) {
		enum traffic_turn did = turn(j->stage->mem, &s);
		if (did == TRAFFIC_MOVED)
			atomic_store_explicit(&j->stage->n_moved[who],
				n_moved(j, who) + 1, memory_order_relaxed);
		if (did == TRAFFIC_IDLE)
			sched_yield();
		if (did == TRAFFIC_WRONG)
			atomic_store_explicit(
				&j->stage->is_wrong[who], true, memory_order_relaxed);
	}
}

static void start(struct judge *j, enum side who)
{
	uint64_t seed = traffic_random(&j->rng);
	fflush(stdout);
	pid_t pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		play(j, who, seed);
	}
	j->pid[who] = pid;
}

/* False = it had died of something else before. */
static bool end(struct judge *j, enum side who)
{
	int status;
	kill(j->pid[who], SIGKILL);
	must(waitpid(j->pid[who], &status, 0) == j->pid[who]);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* Both sides move within 5 s, or something is stuck. */
static bool get_on(const struct judge *j)
{
	uint64_t was[SIDES] = {n_moved(j, WRITER), n_moved(j, READER)};
	uint64_t deadline_ns = clock_mono_ns() + 5 * NS_PER_S;
	while (clock_mono_ns() < deadline_ns) {
		if (n_moved(j, WRITER) != was[WRITER] &&
			n_moved(j, READER) != was[READER])
			return true;
		sched_yield();
	}
	printf("    stuck: writer at %ju, reader at %ju\n", (uintmax_t)was[WRITER],
		(uintmax_t)was[READER]);
	return false;
}

static bool is_well(const struct judge *j)
{
	for (int who = 0; who < SIDES; who++)
		if (atomic_load_explicit(
			    &j->stage->is_wrong[who], memory_order_relaxed)) {
			printf("    the %s saw what cannot be\n", side_names[who]);
			return false;
		}
	return true;
}

static bool kill_one(struct judge *j)
{
	enum side victim = traffic_random(&j->rng) % 2 ? WRITER : READER;
	struct timespec pause = {.tv_nsec = (long)(traffic_random(&j->rng) % 200000)};
	nanosleep(&pause, NULL);
	if (!end(j, victim)) {
		printf("    a %s died by itself\n", side_names[victim]);
		start(j, victim);
		return false;
	}
	start(j, victim);
	return get_on(j) && is_well(j);
}

static bool run(struct judge *j, uint64_t n_kills)
{
	uint64_t n = 0;
	memset(j->stage, 0, sizeof *j->stage);
	start(j, WRITER);
	start(j, READER);
	bool ok = get_on(j);
	for (; ok && n < n_kills; n++)
		ok = kill_one(j);
	end(j, WRITER);
	end(j, READER);
	printf("%-14s %5ju kills %10ju written %10ju read  %s\n", j->t->name,
		(uintmax_t)n, (uintmax_t)n_moved(j, WRITER),
		(uintmax_t)n_moved(j, READER), ok ? "ok" : "FAILED");
	return ok;
}

int main(int argc, char **argv)
{
	uint64_t n_kills = 200;
	if (argc > 1 &&
		!num_parse_u64((struct str){argv[1], strlen(argv[1])}, &n_kills)) {
		fprintf(stderr, "usage: kill_random [KILLS]\n");
		return EXIT_FAILURE;
	}
	struct stage *stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(stage != MAP_FAILED);
	size_t n_failed = 0;
	for (size_t i = 0; i < N_ELEMENTS(traffics); i++) {
		struct judge j = {&traffics[i], stage, {0, 0}, i + 1};
		n_failed += !run(&j, n_kills);
	}
	printf("%zu passed, %zu failed\n", N_ELEMENTS(traffics) - n_failed, n_failed);
	munmap(stage, sizeof *stage);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

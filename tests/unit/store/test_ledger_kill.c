/* The ledger's writer killed at random points: what a commit had said stays, and nothing
 * else is there. */
#include "../unit.h"
#include "world.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { FACTS = 15000, MAX_BATCH = 60, MAX_STEPS = 800 };

static union fact facts[FACTS];

/* Shared with the child. */
struct progress {
	_Atomic uint64_t steps;     /* facts and commits begun, by this child */
	_Atomic uint64_t committed; /* position that a commit has answered for */
};

static struct progress *progress_new(void)
{
	void *p = mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(p != MAP_FAILED);
	return p;
}

/* The child: facts and commits from where the ledger is, until it is killed. */
static void write_on(const char *dir, struct progress *p, uint64_t seed)
{
	struct world *dice = world_new(seed);
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	uint64_t at = ledger_position(l, SLOT_DISPATCH);
	while (at < FACTS) {
		uint64_t n = 1 + world_random(dice, MAX_BATCH);
		uint64_t to = MIN(at + n, FACTS);
		must(ledger_begin(l, &e));
		for (; at < to; at++) {
			(void)!ledger_apply(l, SLOT_DISPATCH, at + 1, &facts[at]);
			atomic_fetch_add(&p->steps, 1);
		}
		must(ledger_commit(l, &e));
		atomic_store(&p->committed, at);
		atomic_fetch_add(&p->steps, 1);
	}
	for (;;)
		pause();
}

static void kill_after(pid_t child, struct progress *p, uint64_t steps)
{
	while (atomic_load(&p->steps) < steps && atomic_load(&p->committed) < FACTS)
		sched_yield();
	must(kill(child, SIGKILL) == 0);
	int status;
	must(waitpid(child, &status, 0) == child);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		"the writer ended by itself: status %#x", status);
}

static void check(const char *dir, const struct progress *p, uint64_t seed)
{
	struct ledger *l = fixture_open(dir, 1);
	uint64_t position = ledger_position(l, SLOT_DISPATCH);
	ck_assert_uint_ge(position, p->committed);
	struct world *w = world_at(seed, position, NULL);
	world_check_rows(w, ledger_store(l));
	world_assert_totals(ledger_totals(l), world_totals(w, -1, 0));
	ck_assert_uint_eq(ledger_n_open(l), w->n_open);
	ledger_close(l);
	free(w);
}

static void kill_repeatedly(const char *base, uint64_t seed, int n_kills)
{
	const char *dir = fixture_dir(base);
	struct progress *p = progress_new();
	struct world *dice = world_new(seed + 1);
	free(world_at(seed, FACTS, facts));
	for (int i = 0; i < n_kills; i++) {
		atomic_store(&p->steps, 0);
		pid_t child = fork();
		must(child >= 0);
		if (child == 0)
			write_on(dir, p, seed + 2 + (uint64_t)i);
		kill_after(child, p, world_random(dice, MAX_STEPS));
		check(dir, p, seed);
	}
	ck_assert_uint_gt(p->committed, 0);
	fixture_remove(dir);
	free(dice);
}

START_TEST(a_writer_killed_anywhere_leaves_its_last_commit_whole)
{
	kill_repeatedly("/dev/shm", 11, 30);
}
END_TEST

START_TEST(so_it_is_on_a_disk_that_syncs)
{
	kill_repeatedly("/tmp", 12, 6);
}
END_TEST

UNIT_MAIN("ledger_kill", a_writer_killed_anywhere_leaves_its_last_commit_whole,
	so_it_is_on_a_disk_that_syncs)

/*
 * What a shared limit word costs: CPU time of a reservation by one process alone, and
 * reservations a second by two at once on one word, as fronts do it. The clock is read
 * once in a thousand of them: callers have its time.
 */
#include "base/clock.h"
#include "rate/bucket.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { A_LOOK = 1000, PROCESSES_MAX = 2 };

#define RUN_NS (NS_PER_S / 2)

/* More than anybody can take, so that every reservation is a success. */
static const struct bucket_rate rate = {
	UINT64_C(1000000000000), NS_PER_S, UINT64_C(1000000000), 0};

struct arena {
	CACHE_ALIGNED _Atomic uint64_t word;
	CACHE_ALIGNED _Atomic uint32_t n_ready;
	CACHE_ALIGNED uint64_t n_done[PROCESSES_MAX];
	uint64_t cpu_ns[PROCESSES_MAX];
};

static uint64_t cpu_ns(void)
{
	struct timespec t;
	must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void reserve(struct arena *a, uint32_t ix, uint32_t n_processes)
{
	uint64_t n = 0, now = clock_mono_ns();
	atomic_fetch_add(&a->n_ready, 1);
	while (atomic_load(&a->n_ready) < n_processes)
		;
	uint64_t began_ns = cpu_ns();
	for (uint64_t until = now + RUN_NS; now < until; now = clock_mono_ns())
		for (int i = 0; i < A_LOOK; i++)
			n += bucket_take_shared(&a->word, &rate, 1, now).verdict ==
			     BUCKET_TAKEN;
	a->n_done[ix] = n;
	a->cpu_ns[ix] = cpu_ns() - began_ns;
}

/* Of all together: what one has cost, and how many there were in a second. */
struct figures {
	double ns, a_second;
};

static struct figures measure(uint32_t n_processes)
{
	struct arena *a = mmap(NULL, sizeof *a, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t n = 0, cpu = 0;
	must(a != MAP_FAILED);
	for (uint32_t i = 0; i < n_processes; i++) {
		pid_t pid = fork();
		must(pid >= 0);
		if (pid == 0) {
			reserve(a, i, n_processes);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	for (uint32_t i = 0; i < n_processes; i++) {
		n += a->n_done[i];
		cpu += a->cpu_ns[i];
	}
	munmap(a, sizeof *a);
	return (struct figures){
		(double)cpu / (double)n, (double)n * (double)NS_PER_S / (double)RUN_NS};
}

int main(void)
{
	struct figures alone = measure(1), two = measure(2);
	double millions = two.a_second / 1e6;
	printf("a limit word alone, ns a reservation       %8.1f   goal 20: %s\n",
		alone.ns, alone.ns <= 20 ? "met" : "not met");
	printf("and over two processes, millions a second  %8.1f   goal 10: %s\n",
		millions, millions >= 10 ? "met" : "not met");
	return EXIT_SUCCESS;
}

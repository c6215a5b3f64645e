/*
 * The stepper. It forks one victim for each point of death; the two share nothing but an
 * anonymous mapping, and run on one CPU, because a step is two switches between them.
 */
#include "steps.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

struct stepper {
	const struct steps_case *c;
	void *mem;
	uint8_t before[STEPS_MEM_BYTES]; /* as it was after the step before */
	bool has_changed[STEPS_MOST];    /* by step */
	unsigned n_steps, n_kills, n_bad;
	unsigned first_bad; /* step; meaningful when n_bad > 0 */
};

static void prepare(struct stepper *s)
{
	memset(s->mem, 0, STEPS_MEM_BYTES);
	if (s->c->setup)
		s->c->setup(s->mem);
}

/* A victim that stands right before its call of run(). */
static pid_t start_victim(const struct stepper *s)
{
	fflush(stdout);
	pid_t pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(1);
		raise(SIGSTOP);
		s->c->run(s->mem);
		raise(SIGSTOP);
		_exit(0);
	}
	int status;
	must(waitpid(pid, &status, 0) == pid);
	must(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	return pid;
}

/* One instruction; false = the victim has come to its second SIGSTOP, or to grief. */
static bool step(pid_t pid)
{
	int status;
	must(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0);
	must(waitpid(pid, &status, 0) == pid);
	return WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

static void end_victim(pid_t pid)
{
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid);
}

/* Walk through it once without a kill: how long it is, and which steps change memory. */
static void survey(struct stepper *s)
{
	prepare(s);
	memcpy(s->before, s->mem, STEPS_MEM_BYTES);
	pid_t pid = start_victim(s);
	for (s->n_steps = 0; step(pid); s->n_steps++) {
		must(s->n_steps < STEPS_MOST);
		bool has_changed = memcmp(s->before, s->mem, STEPS_MEM_BYTES) != 0;
		s->has_changed[s->n_steps] = has_changed;
		if (has_changed)
			memcpy(s->before, s->mem, STEPS_MEM_BYTES);
	}
	end_victim(pid);
}

static void kill_after(struct stepper *s, unsigned n_steps)
{
	prepare(s);
	pid_t pid = start_victim(s);
	for (unsigned i = 0; i < n_steps && step(pid); i++)
		;
	end_victim(pid);
	s->n_kills++;
	if (s->c->check(s->mem))
		return;
	if (s->n_bad++ == 0)
		s->first_bad = n_steps;
}

static bool run_case(struct stepper *s)
{
	survey(s);
	kill_after(s, 0);
	for (unsigned i = 0; i < s->n_steps; i++)
		if (s->n_steps <= STEPS_ALL || s->has_changed[i])
			kill_after(s, i + 1);
	bool ok = s->c->is_broken ? s->n_bad > 0 : s->n_bad == 0;
	printf("%-44s %5u instructions %4u kills %4u bad  %s\n", s->c->name, s->n_steps,
		s->n_kills, s->n_bad,
		!ok               ? "FAILED"
		: s->c->is_broken ? "ok (must be bad)"
				  : "ok");
	if (!ok && s->n_bad > 0)
		printf("    first after instruction %u\n", s->first_bad);
	return ok;
}

static void stay_on_this_cpu(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();
	CPU_ZERO(&one);
	CPU_SET((size_t)(cpu < 0 ? 0 : cpu), &one);
	/* only for speed: a refusal does no harm */
	(void)sched_setaffinity(0, sizeof one, &one);
}

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#define UNDER_TSAN __has_feature(thread_sanitizer)
#else
#define UNDER_TSAN 0
#endif

int steps_main(const struct steps_case *cases, size_t n_cases)
{
	if (UNDER_TSAN) {
		printf("0 passed, 0 failed: under ThreadSanitizer the steps would be its\n");
		return EXIT_SUCCESS;
	}
	void *mem = mmap(NULL, STEPS_MEM_BYTES, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct stepper *s = calloc(1, sizeof *s);
	must(mem != MAP_FAILED && s != NULL && n_cases > 0);
	stay_on_this_cpu();
	unsigned n_failed = 0;
	for (size_t i = 0; i < n_cases; i++) {
		*s = (struct stepper){.c = &cases[i], .mem = mem};
		n_failed += !run_case(s);
	}
	printf("%zu passed, %u failed\n", n_cases - n_failed, n_failed);
	free(s);
	munmap(mem, STEPS_MEM_BYTES);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/*
 * Death at every instruction: a function that changes shared memory is run in a process
 * that is stepped by ptrace and killed with SIGKILL after instruction k, for every k;
 * then the survivors look at what it has left.
 *
 *	static void run(void *mem)   { … the function under test, over mem … }
 *	static bool check(void *mem) { … recover as a successor would; is all well? … }
 *	static const struct steps_case cases[] = {{"lane_push", setup, run, check, false}};
 *	int main(void) { return steps_main(cases, N_ELEMENTS(cases)); }
 *
 * A function of more than STEPS_ALL instructions is killed only where the shared memory
 * has just changed: between two stores it stays as the first one left it, so a death
 * there is the same death. (Kernel objects do not count as memory: keep what rings a
 * bell short.) Under ThreadSanitizer nothing is done: its own work would be stepped.
 *
 * A harness that cannot fail proves nothing: rows with is_broken are known to be wrong,
 * and it is a failure when no bad point is found in them.
 */
#ifndef STRESS_STEPS_H
#define STRESS_STEPS_H

#include "base/attr.h"

enum { STEPS_MEM_BYTES = 192 * 1024, STEPS_ALL = 300, STEPS_MOST = 20000 };

struct steps_case {
	const char *name;
	void (*setup)(void *mem); /* over zeroed shared memory; NULL = nothing to do */
	void (*run)(void *mem);   /* in the victim */
	bool (*check)(void *mem); /* in the survivor; bounded, whatever it finds */
	bool is_broken;
};

/* Run every case and print a line for each; returns main()'s exit status. */
int steps_main(const struct steps_case *cases, size_t n_cases);

#endif

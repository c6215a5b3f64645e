/* What every Check suite of ours needs: one suite a file, one main. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stdlib.h>

/* Check writes down where each assertion held, to tell where a test crashed. A sanitizer
 * tells that too, and there are millions of assertions. */
#define _mark_point(file, line) ((void)0)

/*
 *	UNIT_MAIN("lane", a_test, another_test)     one after the other in one process
 *	UNIT_MAIN_APART("arena", a_test, ...)       each in a process of its own
 *
 * Apart is for tests that end their process, or that begin from state of the whole process
 * (the environment, what stands at file scope): a fork under a sanitizer is dear.
 */
static inline int unit_run(
	const char *name, const TTest *const *tests, size_t n, enum fork_status status)
{
	Suite *s = suite_create(name);
	TCase *tc = tcase_create(name);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, tests[i]);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_set_fork_status(sr, status);
	srunner_run_all(sr, CK_NORMAL);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_RUN(name, status, ...)                                                    \
	int main(void)                                                                 \
	{                                                                              \
		const TTest *tests[] = {__VA_ARGS__};                                  \
		return unit_run(name, tests, sizeof tests / sizeof tests[0], status);  \
	}
#define UNIT_MAIN(name, ...)       UNIT_RUN(name, CK_NOFORK, __VA_ARGS__)
#define UNIT_MAIN_APART(name, ...) UNIT_RUN(name, CK_FORK, __VA_ARGS__)

#endif

/* What every Check suite of ours needs: one suite a file, one main. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stdlib.h>

/* UNIT_MAIN("lane", a_test, another_test) runs the tests, each in its own process. */
#define UNIT_MAIN(name, ...)                                                           \
	int main(void)                                                                 \
	{                                                                              \
		Suite *s = suite_create(name);                                         \
		TCase *tc = tcase_create(name);                                        \
		const TTest *tests[] = {__VA_ARGS__};                                  \
		for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)            \
			tcase_add_test(tc, tests[i]);                                  \
		tcase_set_timeout(tc, 60);                                             \
		suite_add_tcase(s, tc);                                                \
		SRunner *sr = srunner_create(s);                                       \
		srunner_run_all(sr, CK_NORMAL);                                        \
		int failed = srunner_ntests_failed(sr);                                \
		srunner_free(sr);                                                      \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;                           \
	}

#endif

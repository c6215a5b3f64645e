/* Tool calls in the chunks of a stream. */
#include "../unit.h"
#include "text/calls.h"

#include <stdio.h>
#include <string.h>

static struct calls calls;

static void take(const char *delta)
{
	char chunk[CALL_ARGS_BYTES + 512];
	int n = snprintf(chunk, sizeof chunk,
		"{\"id\":\"x\",\"choices\":[{\"delta\":%s}]}", delta);
	calls_take(&calls, (struct str){chunk, (size_t)n});
}

static bool has(uint32_t i, const char *id, const char *name, const char *args)
{
	const struct call *c = &calls.call[i];
	return strcmp(c->id, id) == 0 && strcmp(c->name, name) == 0 &&
	       c->n_args == strlen(args) && memcmp(c->args, args, c->n_args) == 0;
}

START_TEST(pieces_of_parallel_calls_come_together)
{
	calls.n = 0;
	take("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,"
	     "\"id\":\"call_a\",\"type\":\"function\",\"function\":{\"name\":\"cost\","
	     "\"arguments\":\"\"}}]}");
	take("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"per\"}}]}");
	take("{\"tool_calls\":[{\"index\":1,\"id\":\"call_b\",\"function\":{\"name\":"
	     "\"time\",\"arguments\":\"{}\"}},{\"index\":0,\"function\":{\"arguments\":"
	     "\"iod\\\":1}\"}}]}");
	take("{\"content\":\"words\"}");
	ck_assert_uint_eq(calls.n, 2);
	ck_assert(has(0, "call_a", "cost", "{\\\"period\\\":1}"));
	ck_assert(has(1, "call_b", "time", "{}"));
}
END_TEST

START_TEST(whole_ones_are_added_in_their_order)
{
	calls.n = 0;
	calls_add(&calls, STR("a"), STR("cost"), STR("{}"));
	calls_add(&calls, STR("b"), STR("time"), STR("{\\\"x\\\":1}"));
	ck_assert_uint_eq(calls.n, 2);
	ck_assert(has(0, "a", "cost", "{}") && has(1, "b", "time", "{\\\"x\\\":1}"));
	for (int i = 0; i < 40; i++)
		calls_add(&calls, STR("c"), STR("d"), STR("{}"));
	ck_assert_uint_eq(calls.n, CALLS_MAX);
}
END_TEST

START_TEST(what_is_no_call_is_passed_by)
{
	static const char *const none[] = {"{}", "{\"tool_calls\":null}",
		"{\"tool_calls\":{}}", "{\"tool_calls\":[1]}",
		"{\"tool_calls\":[{\"index\":-1}]}", "{\"tool_calls\":[{\"index\":7}]}",
		"{\"tool_calls\":[{\"index\":1e9}]}"};
	calls.n = 0;
	for (size_t i = 0; i < N_ELEMENTS(none); i++)
		take(none[i]);
	calls_take(&calls, STR(""));
	calls_take(
		&calls, STR("{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0"));
	ck_assert_uint_eq(calls.n, 0);
}
END_TEST

START_TEST(more_than_fits_is_cut_and_marked)
{
	char piece[1200], delta[1400];
	memset(piece, 'x', sizeof piece - 1);
	piece[sizeof piece - 1] = '\0';
	calls.n = 0;
	for (int i = 0; i < 5; i++) {
		snprintf(delta, sizeof delta,
			"{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{"
			"\"name\":\"n\",\"arguments\":\"%s\"}}]}",
			piece);
		take(delta);
	}
	ck_assert(calls.call[0].is_cut);
	ck_assert_uint_eq(calls.call[0].n_args, 3 * (sizeof piece - 1));
	for (int i = 0; i < 40; i++) {
		snprintf(delta, sizeof delta, "{\"tool_calls\":[{\"index\":%d}]}", i);
		take(delta);
	}
	ck_assert_uint_eq(calls.n, CALLS_MAX);
}
END_TEST

UNIT_MAIN("calls", pieces_of_parallel_calls_come_together,
	whole_ones_are_added_in_their_order, what_is_no_call_is_passed_by,
	more_than_fits_is_cut_and_marked)

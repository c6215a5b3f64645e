/* Chunks for a client that did not ask for usage. */
#include "../unit.h"
#include "text/chunk.h"

#include <string.h>

/* The chunk as such a client gets it; "" = dropped. */
static const char *relay(const char *chunk, char out[static 256])
{
	struct usage_view v;
	struct edit cut = {0};
	struct str data = {chunk, strlen(chunk)};
	ck_assert(usage_read(data, &v));
	enum chunk_verdict verdict = chunk_judge(&v, &cut);
	memset(out, 0, 256);
	if (verdict != CHUNK_DROP)
		edit_apply(data, &cut, out);
	return out;
}

START_TEST(the_usage_member_goes_with_its_comma_wherever_it_stands)
{
	static const struct {
		const char *chunk, *want;
	} rows[] = {
		{"{\"choices\":[{}],\"usage\":null}", "{\"choices\":[{}]}"},
		{"{\"choices\":[{}] , \"usage\" : null , \"x\":1}",
			"{\"choices\":[{}] , \"x\":1}"},
		{"{\"usage\":null,\"choices\":[{}]}", "{\"choices\":[{}]}"},
		{"{ \"usage\":null , \"choices\":[{}] }", "{ \"choices\":[{}] }"},
		{"{\"usage\":null}", "{}"},
		{"{\"choices\":[],\"usage\":null}", "{\"choices\":[]}"},
		{"{\"choices\":[{}],\"us\\u0061ge\":null}", "{\"choices\":[{}]}"},
		{"{\"choices\":[{}],\"usage\":{\"prompt_tokens\":1}}",
			"{\"choices\":[{}]}"},
	};
	char out[256];
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		ck_assert_str_eq(relay(rows[i].chunk, out), rows[i].want);
}
END_TEST

START_TEST(the_usage_chunk_is_dropped)
{
	char out[256];
	ck_assert_str_eq(
		relay("{\"choices\":[],\"usage\":{\"prompt_tokens\":1}}", out), "");
	ck_assert_str_eq(relay("{\"choices\":[],\"usage\":{\"x\":-1}}", out), "");
}
END_TEST

START_TEST(chunks_without_usage_and_errors_pass_as_they_are)
{
	static const char *const chunks[] = {"{\"choices\":[{\"delta\":{}}]}",
		"{\"choices\":[{\"usage\":null}]}",
		"{\"error\":{\"message\":\"x\"},\"usage\":null}",
		"{\"type\":\"response.completed\",\"response\":{\"usage\":null}}"};
	char out[256];
	for (size_t i = 0; i < N_ELEMENTS(chunks); i++)
		ck_assert_str_eq(relay(chunks[i], out), chunks[i]);
}
END_TEST

START_TEST(only_the_exact_mark_is_done)
{
	ck_assert(chunk_is_done(STR("[DONE]")));
	ck_assert(!chunk_is_done(STR("[DONE] ")));
	ck_assert(!chunk_is_done(STR("")));
}
END_TEST

UNIT_MAIN("chunk", the_usage_member_goes_with_its_comma_wherever_it_stands,
	the_usage_chunk_is_dropped, chunks_without_usage_and_errors_pass_as_they_are,
	only_the_exact_mark_is_done)

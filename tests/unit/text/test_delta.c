/* The text in a chunk. */
#include "../unit.h"
#include "text/delta.h"

#include <string.h>

static struct delta got;

static bool read(const char *chunk)
{
	return delta_read((struct str){chunk, strlen(chunk)}, &got);
}

static bool str_is(struct str s, const char *want)
{
	if (want == NULL)
		return s.p == NULL;
	return s.p != NULL && s.n == strlen(want) && memcmp(s.p, want, s.n) == 0;
}

static bool is(const char *chunk, const char *want)
{
	return read(chunk) ? str_is(got.words, want) : want == NULL;
}

START_TEST(the_first_choice_s_text_is_found_as_it_stands)
{
	ck_assert(is("{\"choices\":[{\"delta\":{\"content\":\"a\\n\\u00e9\"}}]}",
		"a\\n\\u00e9"));
	ck_assert(is("{\"id\":{\"choices\":1},\"choices\":[{\"index\":0,\"delta\":{"
		     "\"role\":\"assistant\",\"content\":\"x\"}},{\"delta\":{"
		     "\"content\":\"second\"}}]}",
		"x"));
	ck_assert(is("{\"ch\\u006fices\":[{\"delta\":{\"content\":\"y\"}}]}", "y"));
}
END_TEST

START_TEST(a_chunk_without_text_has_none)
{
	static const char *const none[] = {"", "[]", "{}", "{\"choices\":[]}",
		"{\"choices\":[{}]}", "{\"choices\":[{\"delta\":{}}]}",
		"{\"choices\":[{\"delta\":{\"content\":null}}]}",
		"{\"choices\":[{\"delta\":{\"content\":\"\"}}]}",
		"{\"choices\":[{\"delta\":[\"content\"]}]}",
		"{\"choices\":[{\"delta\":", "{\"content\":\"x\"}"};
	for (size_t i = 0; i < N_ELEMENTS(none); i++)
		ck_assert_msg(is(none[i], NULL), "%s", none[i]);
}
END_TEST

START_TEST(a_refusal_is_what_is_said)
{
	ck_assert(
		is("{\"choices\":[{\"delta\":{\"content\":null,\"refusal\":\"No.\"}}]}",
			"No."));
	ck_assert(
		is("{\"choices\":[{\"delta\":{\"refusal\":\"\",\"content\":\"Yes\"}}]}",
			"Yes"));
}
END_TEST

START_TEST(why_it_ends_and_whether_it_calls_is_told)
{
	ck_assert(read("{\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}"));
	ck_assert(str_is(got.finish, "length") && !got.has_calls);
	ck_assert(read("{\"choices\":[{\"finish_reason\":null,\"delta\":"
		       "{\"tool_calls\":[{\"index\":0}],\"content\":\"x\"}}]}"));
	ck_assert(str_is(got.finish, NULL) && got.has_calls);
	ck_assert(str_is(got.words, "x"));
	ck_assert(!read("{\"choices\":[]}"));
}
END_TEST

UNIT_MAIN("delta", the_first_choice_s_text_is_found_as_it_stands,
	a_chunk_without_text_has_none, a_refusal_is_what_is_said,
	why_it_ends_and_whether_it_calls_is_told)

/* The text in a chunk. */
#include "../unit.h"
#include "text/delta.h"

#include <string.h>

static bool is(const char *chunk, const char *want)
{
	struct str raw;
	if (!delta_content((struct str){chunk, strlen(chunk)}, &raw))
		return want == NULL;
	return want != NULL && raw.n == strlen(want) && memcmp(raw.p, want, raw.n) == 0;
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

UNIT_MAIN("delta", the_first_choice_s_text_is_found_as_it_stands,
	a_chunk_without_text_has_none)

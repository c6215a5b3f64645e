/* Log lines as JSON. */
#include "../unit.h"
#include "base/logjson.h"

static const char *members(const char *pairs, size_t cap)
{
	static char out[4096];
	size_t n = logjson_members(pairs, out, cap);
	ck_assert_uint_le(n, cap);
	out[n] = '\0';
	return out;
}

START_TEST(pairs_become_members)
{
	ck_assert_str_eq(members("a=b n=17 id=00ff z=0", 4000),
		",\"a\":\"b\",\"n\":17,\"id\":\"00ff\",\"z\":0");
	ck_assert_str_eq(members("", 4000), "");
	ck_assert_str_eq(
		members("n=1234567890123456", 4000), ",\"n\":\"1234567890123456\"");
	ck_assert_str_eq(members("m=017", 4000), ",\"m\":\"017\"");
	ck_assert_str_eq(members("e=", 4000), ",\"e\":\"\"");
}
END_TEST

START_TEST(a_quoted_value_keeps_all_that_is_in_it)
{
	ck_assert_str_eq(
		members("text=\"a b=c\" n=1", 4000), ",\"text\":\"a b=c\",\"n\":1");
	ck_assert_str_eq(members("text=\"say \"no\" to it\" n=1", 4000),
		",\"text\":\"say \\\"no\\\" to it\",\"n\":1");
	ck_assert_str_eq(members("m=\"\\x22\\x5c\\x0a\\xc3\"", 4000),
		",\"m\":\"\\\"\\\\\\u000a\\u00c3\"");
	ck_assert_str_eq(members("m=\"17\"", 4000), ",\"m\":\"17\"");
	ck_assert_str_eq(members("m=\"no end", 4000), ",\"m\":\"no end\"");
}
END_TEST

START_TEST(what_does_not_fit_is_left_out_whole)
{
	for (size_t cap = 0; cap < 24; cap++) {
		const char *out = members("a=b text=\"long \x01 one\"", cap);
		ck_assert(strcmp(out, "") == 0 || strcmp(out, ",\"a\":\"b\"") == 0);
	}
}
END_TEST

START_TEST(nonsense_is_no_member)
{
	ck_assert_str_eq(members("  words only =x A=b c=d", 4000), ",\"c\":\"d\"");
}
END_TEST

UNIT_MAIN("logjson", pairs_become_members, a_quoted_value_keeps_all_that_is_in_it,
	what_does_not_fit_is_left_out_whole, nonsense_is_no_member)

/* Keys leave no text that is relayed or logged. */
#include "../unit.h"
#include "text/scrub.h"

#include <string.h>

static void check(const char *text, const char *want)
{
	char buf[256];
	size_t n = strlen(text);
	memcpy(buf, text, n);
	n = scrub_keys(buf, n);
	ck_assert_msg(
		n == strlen(want) && memcmp(buf, want, n) == 0, "%.*s", (int)n, buf);
}

START_TEST(keys_are_masked_wherever_they_stand)
{
	check("Incorrect API key provided: sk-abc***********wxyz. You can",
		"Incorrect API key provided: sk-***. You can");
	check("sk-proj-A_b-9 and Bearer sk-123", "sk-*** and Bearer sk-***");
	check("key=sk-svcacct-xyz&x", "key=sk-***&x");
	check("%20sk-abcdefghijklmnop", "%20sk-***");
	check("sk-sk-abc", "sk-***");
}
END_TEST

START_TEST(words_that_only_look_alike_stay)
{
	check("ask-me, a risk-free task-list", "ask-me, a risk-free task-list");
	check("sk- sk-a sk-ab", "sk- sk-a sk-ab");
	check("", "");
}
END_TEST

UNIT_MAIN("scrub", keys_are_masked_wherever_they_stand, words_that_only_look_alike_stay)

/* What others wrote, as a value in one line of the log. */
#include "../unit.h"
#include "base/err.h"
#include "base/log.h"

#include <string.h>

static struct str of_letters(char *text, size_t n)
{
	memset(text, 'a', n);
	return (struct str){text, n};
}

START_TEST(the_longest_fault_is_quoted_whole)
{
	char text[sizeof((struct err *)0)->text], out[LOG_QUOTE_BYTES];
	struct str s = of_letters(text, sizeof text - 1);
	ck_assert_uint_eq(strlen(log_quote(s, out)), s.n + 2);
	ck_assert(out[0] == '"' && out[s.n + 1] == '"');
}
END_TEST

START_TEST(what_is_longer_is_cut_and_says_so)
{
	char text[LOG_QUOTE_BYTES * 2], out[LOG_QUOTE_BYTES];
	log_quote(of_letters(text, sizeof text), out);
	ck_assert_str_eq(out + strlen(out) - 4, "...\"");
	memset(text, '\n', sizeof text);
	log_quote((struct str){text, sizeof text}, out);
	ck_assert_str_eq(out + strlen(out) - 8, "\\x0a...\"");
}
END_TEST

UNIT_MAIN("log", the_longest_fault_is_quoted_whole, what_is_longer_is_cut_and_says_so)

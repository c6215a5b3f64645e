/* Phrases in a body. */
#include "../unit.h"
#include "text/phrase.h"

#include <string.h>

static const struct str phrases[] = {
	STR("credit card"), STR("IBAN"), STR("na\xc3\xafve")};

static bool is_in(const char *body)
{
	return phrase_is_in(
		(struct str){body, strlen(body)}, phrases, N_ELEMENTS(phrases));
}

START_TEST(a_phrase_is_found_in_any_string_and_any_case)
{
	ck_assert(is_in("{\"messages\":[{\"content\":\"my CREDIT card is\"}]}"));
	ck_assert(is_in("{\"a\":[[\"x\",{\"b\":\"iban\"}]]}"));
	ck_assert(is_in("\"fibanacci\""));
	ck_assert(is_in("\"na\xc3\xafve\""));
}
END_TEST

START_TEST(an_escape_hides_nothing)
{
	ck_assert(is_in("{\"content\":\"my cr\\u0065dit\\u0020card\"}"));
	ck_assert(is_in("{\"content\":\"\\n\\\"I\\u0042AN\\\"\"}"));
	ck_assert(is_in("[\"na\\u00efve\"]"));
}
END_TEST

START_TEST(what_is_apart_is_not_a_phrase)
{
	ck_assert(!is_in("{\"content\":\"credit\",\"b\":\" card\"}"));
	ck_assert(!is_in("{\"content\":\"credit  card\"}"));
	ck_assert(!is_in("{\"IBAN\":1}"));
	ck_assert(!is_in("{\"content\":\"\"}"));
	ck_assert(!is_in("[\"IBA\", \"credit car\"]"));
}
END_TEST

START_TEST(what_is_no_json_is_looked_at_as_it_stands)
{
	ck_assert(is_in("name=credit+card&a=iban"));
	ck_assert(is_in("[1, ] credit card"));
	ck_assert(!is_in("name=credit+card"));
}
END_TEST

START_TEST(no_phrase_is_in_nothing)
{
	ck_assert(!phrase_is_in(STR("[\"a\"]"), phrases, 0));
	ck_assert(!phrase_is_in(STR("[\"a\"]"), &STR(""), 1));
	ck_assert(!is_in(""));
	ck_assert(!is_in("[\"a"));
}
END_TEST

UNIT_MAIN("phrase", a_phrase_is_found_in_any_string_and_any_case,
	an_escape_hides_nothing, what_is_apart_is_not_a_phrase,
	what_is_no_json_is_looked_at_as_it_stands, no_phrase_is_in_nothing)

/* Limits of client tokens, to and from text. */
#include "../unit.h"
#include "decide/client_limits.h"

#include <string.h>

static struct str str_of(const char *s)
{
	return (struct str){s, strlen(s)};
}

static bool parse(struct client_limits *l, enum client_limit which, const char *text)
{
	struct err e = {0};
	bool done = client_limit_parse(l, which, str_of(text), &e);
	ck_assert(done == (e.text[0] == '\0'));
	return done;
}

START_TEST(limits_read_what_they_write)
{
	static const struct {
		enum client_limit which;
		const char *text;
	} cases[] = {
		{CLIENT_LIMIT_requests_per_minute, "60"},
		{CLIENT_LIMIT_tokens_per_hour, "none"},
		{CLIENT_LIMIT_budget_day, "2.50"},
		{CLIENT_LIMIT_budget_week, "0.000000001"},
		{CLIENT_LIMIT_budget_month, "1000.00"},
		{CLIENT_LIMIT_priority, "low"},
		{CLIENT_LIMIT_priority, "urgent"},
		{CLIENT_LIMIT_models, "gpt-4o,gpt-4.1*"},
		{CLIENT_LIMIT_concurrent, "default"},
	};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct client_limits l = {0};
		char out[CLIENT_MODELS_BYTES];
		ck_assert(parse(&l, cases[i].which, cases[i].text));
		ck_assert_str_eq(
			client_limit_format(&l, cases[i].which, out), cases[i].text);
	}
}
END_TEST

START_TEST(limits_refuse_what_they_cannot_mean_and_stay_as_they_were)
{
	static const struct {
		enum client_limit which;
		const char *text;
	} cases[] = {
		{CLIENT_LIMIT_requests_per_minute, "-1"},
		{CLIENT_LIMIT_requests_per_minute, "1.5"},
		{CLIENT_LIMIT_requests_per_minute, ""},
		{CLIENT_LIMIT_requests_per_minute, "18446744073709551615"},
		{CLIENT_LIMIT_budget_day, "$5"},
		{CLIENT_LIMIT_budget_day, "0.0000000001"},
		{CLIENT_LIMIT_budget_day, "99999999999999"},
		{CLIENT_LIMIT_priority, "none"},
		{CLIENT_LIMIT_models, ""},
		{CLIENT_LIMIT_models, "a b"},
		{CLIENT_LIMIT_models, "a\"b"},
	};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct client_limits l = {0}, before;
		for (int n = 0; n < CLIENT_NUMBERS; n++)
			l.said[n] = 7;
		strcpy(l.models, "x");
		before = l;
		ck_assert_msg(
			!parse(&l, cases[i].which, cases[i].text), "%s", cases[i].text);
		ck_assert(memcmp(&l, &before, sizeof l) == 0);
	}
	struct client_limits l = {0};
	char longest[CLIENT_MODELS_BYTES + 1];
	memset(longest, 'a', sizeof longest);
	longest[CLIENT_MODELS_BYTES] = '\0';
	ck_assert(!parse(&l, CLIENT_LIMIT_models, longest));
	longest[CLIENT_MODELS_BYTES - 1] = '\0';
	ck_assert(parse(&l, CLIENT_LIMIT_models, longest));
	ck_assert(parse(&l, CLIENT_LIMIT_models, "none"));
	ck_assert_str_eq(l.models, "*");
}
END_TEST

START_TEST(limits_are_found_by_their_names)
{
	for (unsigned i = 0; i < CLIENT_LIMITS; i++) {
		enum client_limit which;
		ck_assert(client_limit_find(
			str_of(client_limit_name((enum client_limit)i)), &which));
		ck_assert_uint_eq(which, i);
	}
	enum client_limit which;
	ck_assert(!client_limit_find(STR("requests_per_second"), &which));
	ck_assert(!client_limit_find(STR(""), &which));
}
END_TEST

START_TEST(a_default_counts_only_where_nothing_is_said)
{
	struct client_limits l = {0}, defaults = {0};
	ck_assert(parse(&l, CLIENT_LIMIT_concurrent, "none"));
	ck_assert(parse(&defaults, CLIENT_LIMIT_concurrent, "5"));
	ck_assert(parse(&defaults, CLIENT_LIMIT_max_tokens, "100"));
	ck_assert(parse(&defaults, CLIENT_LIMIT_models, "gpt-4o"));
	client_limits_fill(&l, &defaults);
	ck_assert_uint_eq(client_limit_get(&l, CLIENT_LIMIT_concurrent), 0);
	ck_assert_uint_eq(client_limit_get(&l, CLIENT_LIMIT_max_tokens), 100);
	ck_assert_str_eq(l.models, "gpt-4o");
	ck_assert_uint_eq(client_limit_get(&l, CLIENT_LIMIT_budget_day), 0);
}
END_TEST

START_TEST(a_merge_changes_what_is_named_be_it_to_nothing)
{
	struct client_limits l = {0}, from = {0};
	ck_assert(parse(&l, CLIENT_LIMIT_concurrent, "5"));
	ck_assert(parse(&l, CLIENT_LIMIT_models, "a"));
	ck_assert(parse(&l, CLIENT_LIMIT_max_tokens, "9"));
	ck_assert(parse(&from, CLIENT_LIMIT_budget_day, "1"));
	client_limits_merge(&l, &from,
		1u << CLIENT_LIMIT_concurrent | 1u << CLIENT_LIMIT_budget_day |
			1u << CLIENT_LIMIT_models);
	ck_assert(!client_limit_is_said(&l, CLIENT_LIMIT_concurrent));
	ck_assert(!client_limit_is_said(&l, CLIENT_LIMIT_models));
	ck_assert_uint_eq(client_limit_get(&l, CLIENT_LIMIT_budget_day), 1000000000);
	ck_assert_uint_eq(client_limit_get(&l, CLIENT_LIMIT_max_tokens), 9);
}
END_TEST

START_TEST(models_are_allowed_by_pattern)
{
	static const struct {
		const char *models, *model;
		bool is_allowed;
	} cases[] = {
		{"", "anything", true},
		{"*", "anything", true},
		{"gpt-4o", "gpt-4o", true},
		{"gpt-4o", "gpt-4o-mini", false},
		{"gpt-4o*", "gpt-4o-mini", true},
		{"gpt-4o,o3*", "o3-mini", true},
		{"gpt-4o,o3*", "o4", false},
		{"*mini", "gpt-4o-mini", true},
		{"*mini", "gpt-4o-mini-2024", false},
		{"g*4*i", "gpt-4o-mini", true},
		{"g*4*i", "gpt-4o-mino", false},
		{"gpt-4o", "GPT-4O", false},
		{",", "", true},
		{"a,", "b", false},
		{"a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct client_limits l = {0};
		strcpy(l.models, cases[i].models);
		ck_assert_msg(client_limits_allow_model(&l, str_of(cases[i].model)) ==
				      cases[i].is_allowed,
			"%s %s", cases[i].models, cases[i].model);
	}
}
END_TEST

UNIT_MAIN("client_limits", limits_read_what_they_write,
	limits_refuse_what_they_cannot_mean_and_stay_as_they_were,
	limits_are_found_by_their_names, a_default_counts_only_where_nothing_is_said,
	a_merge_changes_what_is_named_be_it_to_nothing, models_are_allowed_by_pattern)

/* Every slip in a catalogue is named with its line. */
#include "../unit.h"
#include "conf/models_read.h"

#include <stdio.h>
#include <string.h>

static const char *error_of(const char *text)
{
	static struct err e;
	e.text[0] = '\0';
	struct models *m = models_parse((struct str){text, strlen(text)}, "m.json", &e);
	ck_assert((m == NULL) == (e.text[0] != '\0'));
	models_free(m);
	return e.text;
}

/* The error of a catalogue with this one model or price. */
static const char *model_error(const char *model)
{
	char text[4096];
	snprintf(text, sizeof text,
		"{\"unit\":\"USD per million tokens\",\"models\":[\n%s]}", model);
	return error_of(text);
}

static const char *price_error(const char *prices)
{
	char text[2048];
	snprintf(text, sizeof text,
		"{\"name\":\"a\",\"display\":\"A\",\"apis\":[\"chat\"],"
		"\"prices\":\n%s}",
		prices);
	return model_error(text);
}

struct row {
	const char *text, *error;
};

START_TEST(the_document_itself_is_checked)
{
	static const struct row rows[] = {
		{"[]", "m.json:1: the document must be an object"},
		{"{\"unit\":\"USD per million tokens\",\"modles\":[]}",
			"m.json:1: modles is unknown"},
		{"{\"unit\":\"EUR per million tokens\",\"models\":[]}",
			"m.json:1: unit must be \"USD per million tokens\""},
		{"{\"models\":[]}", "m.json:1: the document has no member \"unit\""},
		{"{\"unit\":\"USD per million tokens\",\"models\":[]}",
			"m.json:1: models must be an array that is not empty"},
		{"{\"unit\":\"USD per million tokens\",\"models\":{}}",
			"m.json:1: models must be an array that is not empty"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		ck_assert_str_eq(error_of(rows[i].text), rows[i].error);
}
END_TEST

START_TEST(each_model_is_checked)
{
	static const struct row rows[] = {
		{"7", "m.json:2: models[0] must be an object"},
		{"{\"name\":\"a\",\"colour\":1}",
			"m.json:2: models[0].colour is unknown"},
		{"{}", "m.json:2: models[0] has no member \"name\""},
		{"{\"name\":7}", "m.json:2: models[0].name must be a string"},
		{"{\"name\":\"\"}",
			"m.json:2: models[0].name must have 1 to 63 characters"},
		{"{\"name\":\"a\\u0000\"}",
			"m.json:2: models[0].name must be printable ASCII"},
		{"{\"name\":"
		 "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
			"m.json:2: models[0].name must have 1 to 63 characters"},
		{"{\"name\":\"a\",\"aliases\":[\"b\",\"b\"]}",
			"m.json:2: models[0].aliases[1] is a name that stands "
			"there twice"},
		{"{\"name\":\"a\",\"aliases\":\"b\"}",
			"m.json:2: models[0].aliases must be an array of names"},
		{"{\"name\":\"a\"}", "m.json:2: models[0] has no member \"display\""},
		{"{\"name\":\"a\",\"display\":\"A\",\"released\":\"2025\"}",
			"m.json:2: models[0].released must be a date such as "
			"\"2025-06-10\""},
		{"{\"name\":\"a\",\"display\":\"A\",\"apis\":[]}",
			"m.json:2: models[0].apis must be an array that is not empty"},
		{"{\"name\":\"a\",\"display\":\"A\",\"apis\":[\"audio\"]}",
			"m.json:2: models[0].apis[0] must be chat, responses, "
			"completions or embeddings"},
		{"{\"name\":\"a\",\"display\":\"A\",\"apis\":[\"chat\"]}",
			"m.json:2: models[0] has no member \"prices\""},
		{"{\"name\":\"a\",\"display\":\"A\",\"apis\":[\"chat\"],"
		 "\"context_tokens\":-1}",
			"m.json:2: models[0].context_tokens must be a whole "
			"number, not negative"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		ck_assert_str_eq(model_error(rows[i].text), rows[i].error);
}
END_TEST

#define DOLLARS                                                                        \
	"m.json:3: models[0].prices[0].default.input must be dollars per million "     \
	"tokens, below 1000000, with at most six decimals"
#define DATE "m.json:3: models[0].prices[1].from must be a date such as \"2025-06-10\""
#define RATE "\"input\":1,\"output\":2"

START_TEST(each_price_is_checked)
{
	static const struct row rows[] = {
		{"{}", "m.json:3: models[0].prices must be an array of 1 to 8 prices"},
		{"[]", "m.json:3: models[0].prices must be an array of 1 to 8 prices"},
		{"[{}]", "m.json:3: models[0].prices[0] has no member \"default\""},
		{"[{\"default\":{\"input\":1}}]",
			"m.json:3: models[0].prices[0].default has no member "
			"\"output\""},
		{"[{\"default\":{\"output\":1}}]",
			"m.json:3: models[0].prices[0].default has no member "
			"\"input\""},
		{"[{\"default\":{" RATE ",\"cachd\":1}}]",
			"m.json:3: models[0].prices[0].default.cachd is unknown"},
		{"[{\"default\":{" RATE ",\"audio_input\":1}}]",
			"m.json:3: models[0].prices[0].default has no member "
			"\"audio_output\""},
		{"[{\"default\":{" RATE "},\"scale\":{" RATE "}}]",
			"m.json:3: models[0].prices[0].scale is unknown"},
		{"[{\"default\":{\"input\":\"1\",\"output\":2}}]",
			"m.json:3: models[0].prices[0].default.input must be a number"},
		{"[{\"default\":{\"input\":-1,\"output\":2}}]", DOLLARS},
		{"[{\"default\":{\"input\":1e3,\"output\":2}}]", DOLLARS},
		{"[{\"default\":{\"input\":1000000,\"output\":2}}]", DOLLARS},
		{"[{\"default\":{\"input\":0.0000001,\"output\":2}}]", DOLLARS},
		{"[{\"default\":{" RATE ",\"long\":{" RATE "}}}]",
			"m.json:3: models[0].prices[0].default.long needs a "
			"long_context_from"},
		{"[{\"long_context_from\":9,\"default\":{" RATE "}}]",
			"m.json:3: models[0].prices[0] has a long_context_from, "
			"but default has no long"},
		{"[{\"from\":\"2025-06-10\",\"default\":{" RATE "}}]",
			"m.json:3: models[0].prices[0] is the first price and has "
			"a from"},
		{"[{\"default\":{" RATE "}},{\"default\":{" RATE "}}]",
			"m.json:3: models[0].prices[1] must begin later than the "
			"price before it"},
		{"[{\"default\":{" RATE "}},{\"from\":\"2025-02-30\",\"default\":{" RATE
		 "}}]",
			DATE},
		{"[{\"default\":{" RATE "}},{\"from\":\"2025-2-3\",\"default\":{" RATE
		 "}}]",
			DATE},
		{"[{\"default\":{" RATE "}},{\"from\":\"2025-13-01\",\"default\":{" RATE
		 "}}]",
			DATE},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		ck_assert_str_eq(price_error(rows[i].text), rows[i].error);
}
END_TEST

START_TEST(nine_prices_of_one_model_are_too_many)
{
	char text[1024] = "[{\"default\":{" RATE "}}";
	for (int year = 2001; year <= 2008; year++) {
		size_t n = strlen(text);
		snprintf(text + n, sizeof text - n,
			",{\"from\":\"%d-01-01\",\"default\":{" RATE "}}", year);
	}
	strcat(text, "]");
	ck_assert_str_eq(price_error(text),
		"m.json:3: models[0].prices must be an array of 1 to 8 prices");
}
END_TEST

START_TEST(cache_writes_and_audio_have_rates_of_their_own_or_those_of_text)
{
	static const char text[] =
		"{\"unit\":\"USD per million tokens\",\"models\":[{\"name\":\"a\","
		"\"display\":\"A\",\"apis\":[\"chat\"],\"prices\":[{\"default\":"
		"{\"input\":2,\"cached\":0.2,\"cache_write\":2.5,\"output\":8,"
		"\"audio_input\":32,\"audio_output\":64},"
		"\"ultrafast\":{\"input\":12,\"output\":48}}]}]}";
	struct models *m = models_parse(STR(text), "m.json", NULL);
	ck_assert_ptr_nonnull(m);
	const struct model_rate *r = models_get(m, 0)->price[0].usual;
	ck_assert_uint_eq(r->cache_write, 2500000);
	ck_assert(r->has_audio);
	ck_assert_uint_eq(r->audio_input, 32000000);
	ck_assert_uint_eq(r->audio_output, 64000000);
	r = &r[MODEL_TIER_ULTRAFAST];
	ck_assert_uint_eq(r->cache_write, 12000000);
	ck_assert(!r->has_audio);
	ck_assert_uint_eq(r->audio_input, 12000000);
	ck_assert_uint_eq(r->audio_output, 48000000);
	models_free(m);
}
END_TEST

START_TEST(rates_are_exact_and_cached_is_input_when_left_out)
{
	static const char text[] =
		"{\"unit\":\"USD per million tokens\",\"models\":[{\"name\":\"a\","
		"\"display\":\"A\",\"apis\":[\"chat\",\"responses\"],\"prices\":["
		"{\"long_context_from\":272000,\"default\":{\"input\":0.075,"
		"\"cached\":0.0025,\"output\":999999.999999,\"long\":{\"input\":0.1,"
		"\"output\":0.000001}}}]}]}";
	struct models *m = models_parse(STR(text), "m.json", NULL);
	ck_assert_ptr_nonnull(m);
	const struct model_price *p = &models_get(m, 0)->price[0];
	ck_assert_uint_eq(p->usual[0].input, 75000);
	ck_assert_uint_eq(p->usual[0].cached, 2500);
	ck_assert_uint_eq(p->usual[0].output, 999999999999);
	ck_assert_uint_eq(p->long_from_tokens, 272000);
	ck_assert_uint_eq(p->longer[0].input, 100000);
	ck_assert_uint_eq(p->longer[0].cached, 100000);
	ck_assert_uint_eq(p->longer[0].output, 1);
	ck_assert(!p->usual[MODEL_TIER_FLEX].is_given);
	ck_assert_uint_eq(models_get(m, 0)->apis, MODEL_API_CHAT | MODEL_API_RESPONSES);
	ck_assert_uint_eq(models_get(m, 0)->context_tokens, 0);
	models_free(m);
}
END_TEST

UNIT_MAIN("models_read", the_document_itself_is_checked, each_model_is_checked,
	each_price_is_checked, nine_prices_of_one_model_are_too_many,
	cache_writes_and_audio_have_rates_of_their_own_or_those_of_text,
	rates_are_exact_and_cached_is_input_when_left_out)

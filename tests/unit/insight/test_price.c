/* The cost of a usage: exact, rounded once, never wrapping. */
#include "../unit.h"
#include "base/num.h"
#include "insight/price.h"

#include <string.h>

static const char catalogue[] =
	"{\"unit\":\"USD per million tokens\",\"models\":[{\"name\":\"mini\","
	"\"display\":\"Mini\",\"apis\":[\"chat\"],\"prices\":["
	"{\"default\":{\"input\":30,\"output\":60}},"
	"{\"from\":\"2025-01-01\",\"long_context_from\":272000,"
	"\"default\":{\"input\":0.15,\"cached\":0.075,\"output\":0.6,"
	"\"long\":{\"input\":0.3,\"cached\":0.15,\"output\":0.9}},"
	"\"flex\":{\"input\":0.0025,\"cached\":0.0005,\"output\":0.1}}]},"
	"{\"name\":\"voice\",\"display\":\"Voice\",\"apis\":[\"chat\"],\"prices\":["
	"{\"long_context_from\":1000000,"
	"\"default\":{\"input\":2,\"cached\":1,\"cache_write\":3,\"output\":5,"
	"\"audio_input\":40,\"audio_output\":80,\"long\":{\"input\":4,\"output\":8}},"
	"\"priority\":{\"input\":6,\"output\":9},"
	"\"ultrafast\":{\"input\":7,\"output\":100}}]},"
	"{\"name\":\"gold\",\"display\":\"Gold\",\"apis\":[\"chat\"],\"prices\":["
	"{\"default\":{\"input\":999999,\"output\":999999}}]}]}";

#define NOW_MS UINT64_C(1767225600000) /* 2026-01-01 */

static uint64_t nanousd;
static struct rates rates;

static enum price_verdict price_at(
	const char *name, const char *tier, uint64_t wall_ms, struct usage_tokens usage)
{
	struct models *m = models_parse(STR(catalogue), "m.json", NULL);
	ck_assert_ptr_nonnull(m);
	struct price_request q = {models_find(m, (struct str){name, strlen(name)}),
		{tier, strlen(tier)}, wall_ms};
	enum price_verdict v = price_compute(&q, &usage, &nanousd, &rates);
	models_free(m);
	return v;
}

static enum price_verdict price(const char *tier, struct usage_tokens usage)
{
	return price_at("mini", tier, NOW_MS, usage);
}

START_TEST(prompt_cached_and_completion_have_their_rates)
{
	struct usage_tokens u = {.prompt = 1000, .cached = 400, .completion = 100};
	ck_assert_int_eq(price("", u), PRICE_EXACT);
	/* 600 × 0.15 + 400 × 0.075 + 100 × 0.6 dollars per million */
	ck_assert_uint_eq(nanousd, 90000 + 30000 + 60000);
}
END_TEST

START_TEST(reasoning_is_part_of_completion)
{
	struct usage_tokens u = {.completion = 100, .reasoning = 90};
	ck_assert_int_eq(price("", u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 60000);
}
END_TEST

START_TEST(a_million_of_each_costs_the_listed_price)
{
	struct usage_tokens u = {.completion = 1000000};
	char usd[NUM_USD_BYTES];
	ck_assert_int_eq(price("default", u), PRICE_EXACT);
	num_format_usd(nanousd, usd);
	ck_assert_str_eq(usd, "0.600000000");
}
END_TEST

START_TEST(the_sum_is_rounded_half_up_once)
{
	/* cached at flex is 0.5 nano-dollars, input 2.5 */
	struct usage_tokens one = {.prompt = 1, .cached = 1};
	ck_assert_int_eq(price("flex", one), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 1);
	struct usage_tokens both = {.prompt = 2, .cached = 1};
	ck_assert_int_eq(price("flex", both), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 3);
}
END_TEST

START_TEST(no_tokens_cost_nothing_and_are_priced)
{
	ck_assert_int_eq(price("", (struct usage_tokens){0}), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 0);
}
END_TEST

START_TEST(a_long_prompt_puts_the_whole_request_at_the_long_rates)
{
	struct usage_tokens u = {.prompt = 271999, .completion = 1000};
	ck_assert_int_eq(price("", u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 271999 * 150 + 1000 * 600);
	u.prompt = 272000;
	ck_assert_int_eq(price("", u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 272000 * 300 + 1000 * 900);
}
END_TEST

START_TEST(the_price_of_the_time_it_was_sent_holds)
{
	struct usage_tokens u = {.prompt = 1};
	/* 2024-12-31T23:59:59.999Z and a millisecond later */
	const uint64_t change_ms = UINT64_C(1735689600000);
	ck_assert_int_eq(price_at("mini", "", change_ms - 1, u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 30000);
	ck_assert_int_eq(price_at("mini", "", change_ms, u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 150);
}
END_TEST

START_TEST(a_tier_without_a_rate_takes_the_default_and_says_so)
{
	struct usage_tokens u = {.prompt = 1000};
	static const char *const tiers[] = {"priority", "scale", "x"};
	for (size_t i = 0; i < N_ELEMENTS(tiers); i++) {
		ck_assert_int_eq(price(tiers[i], u), PRICE_ASSUMED);
		ck_assert_uint_eq(nanousd, 150000);
	}
}
END_TEST

START_TEST(a_tier_without_long_rates_takes_the_default_ones_and_says_so)
{
	struct usage_tokens u = {.prompt = 300000};
	ck_assert_int_eq(price("flex", u), PRICE_ASSUMED);
	ck_assert_uint_eq(nanousd, 300000 * 300);
}
END_TEST

START_TEST(audio_is_priced_as_text_and_says_so)
{
	struct usage_tokens u = {.prompt = 1000, .prompt_audio = 1};
	ck_assert_int_eq(price("", u), PRICE_ASSUMED);
	ck_assert_uint_eq(nanousd, 150000);
	u = (struct usage_tokens){.completion = 1000, .completion_audio = 1000};
	ck_assert_int_eq(price("", u), PRICE_ASSUMED);
	ck_assert_uint_eq(nanousd, 600000);
}
END_TEST

START_TEST(audio_with_a_rate_is_priced_apart)
{
	struct usage_tokens u = {.prompt = 1000,
		.prompt_audio = 300,
		.cached = 200,
		.cache_write = 100,
		.completion = 50,
		.completion_audio = 20};
	ck_assert_int_eq(price_at("voice", "", NOW_MS, u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 400 * 2000 + 200 * 1000 + 100 * 3000 + 300 * 40000 +
					   30 * 5000 + 20 * 80000);
}
END_TEST

START_TEST(cached_audio_is_priced_as_audio_and_says_so)
{
	struct usage_tokens u = {.prompt = 100, .prompt_audio = 80, .cached = 50};
	ck_assert_int_eq(price_at("voice", "", NOW_MS, u), PRICE_ASSUMED);
	ck_assert_uint_eq(nanousd, 80 * 40000 + 20 * 1000);
}
END_TEST

START_TEST(a_cache_write_has_its_rate_or_that_of_input)
{
	struct usage_tokens u = {.prompt = 100, .cached = 10, .cache_write = 60};
	ck_assert_int_eq(price_at("voice", "", NOW_MS, u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 30 * 2000 + 10 * 1000 + 60 * 3000);
	ck_assert_int_eq(price("", u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 90 * 150 + 10 * 75);
}
END_TEST

START_TEST(fast_is_priority_and_ultrafast_a_tier_of_its_own)
{
	struct usage_tokens u = {.prompt = 10};
	ck_assert_int_eq(price_at("voice", "fast", NOW_MS, u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 10 * 6000);
	ck_assert_int_eq(price_at("voice", "ultrafast", NOW_MS, u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 10 * 7000);
}
END_TEST

static uint64_t highest(const char *name, uint64_t prompt, uint64_t completion)
{
	struct models *m = models_parse(STR(catalogue), "m.json", NULL);
	ck_assert_ptr_nonnull(m);
	struct price_request q = {
		models_find(m, (struct str){name, strlen(name)}), STR(""), NOW_MS};
	uint64_t most = price_highest(&q, prompt, completion, &rates);
	models_free(m);
	return most;
}

START_TEST(the_highest_price_is_that_of_the_dearest_tier_and_kind)
{
	/* audio in is dearer than any tier's text, ultrafast text out than audio */
	ck_assert_uint_eq(highest("voice", 10, 0), 10 * 40000);
	ck_assert_uint_eq(highest("voice", 0, 10), 10 * 100000);
	/* a long prompt may yet turn out shorter: the usual rates count too */
	ck_assert_uint_eq(highest("voice", 1000000, 0), UINT64_C(1000000) * 40000);
	ck_assert_uint_eq(highest("mini", 272000, 0), 272000 * 300);
	ck_assert_uint_eq(highest("maxi", 10, 10), 0);
}
END_TEST

START_TEST(the_rates_of_a_cost_are_told_with_it)
{
	struct usage_tokens u = {.prompt = 1000, .cached = 400, .completion = 100};
	(void)price("flex", u);
	ck_assert_str_eq(rates.model, "mini");
	ck_assert_int_eq(rates.tier, MODEL_TIER_FLEX);
	ck_assert_uint_eq(rates.input, 2500);
	ck_assert_uint_eq(rates.long_from_tokens, 272000);
	ck_assert_uint_eq(rates.from_ms, UINT64_C(1735689600000));
	ck_assert(!rates.is_long && !rates.has_audio && !rates.is_highest);
	u.prompt = 272000;
	(void)price("flex", u); /* it has none of long prompts: the default's */
	ck_assert_int_eq(rates.tier, MODEL_TIER_DEFAULT);
	ck_assert(rates.is_long);
	ck_assert_uint_eq(rates.cached, 150000);
	(void)price_at("maxi", "", NOW_MS, u);
	ck_assert_str_eq(rates.model, "");
}
END_TEST

START_TEST(the_highest_price_can_be_multiplied_out)
{
	uint64_t most = highest("voice", 10, 10);
	ck_assert(rates.is_highest && rates.has_audio);
	ck_assert_int_eq(rates.tier, MODEL_TIER_DEFAULT); /* for its audio */
	ck_assert_uint_eq(most, (10 * rates.input + 10 * rates.output) / 1000);
	ck_assert_uint_eq(rates.audio_input, rates.input);
	most = highest("mini", 272000, 10);
	ck_assert(rates.is_long);
	ck_assert_uint_eq(most, (272000 * rates.input + 10 * rates.output) / 1000);
	(void)highest("maxi", 10, 10);
	ck_assert_str_eq(rates.model, "");
}
END_TEST

/* Whatever usage comes within prompt and completion, at whatever tier. */
START_TEST(no_price_is_above_the_highest)
{
	static const char *const tiers[] = {"", "flex", "fast", "ultrafast", "x"};
	for (unsigned kind = 0; kind < 32; kind++) {
		struct usage_tokens u = {.prompt = 300000,
			.completion = 7000,
			.cached = kind & 1 ? 100000 : 0,
			.cache_write = kind & 2 ? 150000 : 0,
			.prompt_audio = kind & 4 ? 120000 : 0,
			.completion_audio = kind & 8 ? 6000 : 0};
		const char *name = kind & 16 ? "voice" : "mini";
		for (size_t i = 0; i < N_ELEMENTS(tiers); i++) {
			(void)price_at(name, tiers[i], NOW_MS, u);
			ck_assert_uint_le(nanousd, highest(name, 300000, 7000));
		}
	}
}
END_TEST

START_TEST(an_unknown_model_is_unpriced_and_costs_zero)
{
	struct usage_tokens u = {.prompt = 1000, .completion = 1000};
	nanousd = 7;
	ck_assert_int_eq(price_at("maxi", "", NOW_MS, u), PRICE_UNPRICED);
	ck_assert_uint_eq(nanousd, 0);
}
END_TEST

START_TEST(more_cached_than_prompt_is_cut_to_the_prompt)
{
	struct usage_tokens u = {.prompt = 10, .cached = UINT64_MAX};
	ck_assert_int_eq(price("", u), PRICE_EXACT);
	ck_assert_uint_eq(nanousd, 750);
}
END_TEST

START_TEST(a_sum_that_does_not_fit_stops_at_the_end)
{
	const uint64_t most = UINT64_MAX / 1000 + 1;
	struct usage_tokens rows[] = {
		{.prompt = UINT64_MAX},
		{.completion = UINT64_MAX},
		{.prompt = UINT64_MAX, .completion = UINT64_MAX, .cached = UINT64_MAX},
		/* each product fits, the sum does not */
		{.prompt = 20000000, .cached = 10000000},
		{.prompt = 10000000, .completion = 10000000},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		ck_assert_int_eq(price_at("gold", "", NOW_MS, rows[i]), PRICE_EXACT);
		ck_assert_uint_eq(nanousd, most);
	}
}
END_TEST

UNIT_MAIN("price", prompt_cached_and_completion_have_their_rates,
	reasoning_is_part_of_completion, a_million_of_each_costs_the_listed_price,
	the_sum_is_rounded_half_up_once, no_tokens_cost_nothing_and_are_priced,
	a_long_prompt_puts_the_whole_request_at_the_long_rates,
	the_price_of_the_time_it_was_sent_holds,
	a_tier_without_a_rate_takes_the_default_and_says_so,
	a_tier_without_long_rates_takes_the_default_ones_and_says_so,
	audio_is_priced_as_text_and_says_so, audio_with_a_rate_is_priced_apart,
	cached_audio_is_priced_as_audio_and_says_so,
	a_cache_write_has_its_rate_or_that_of_input,
	fast_is_priority_and_ultrafast_a_tier_of_its_own,
	the_highest_price_is_that_of_the_dearest_tier_and_kind,
	the_rates_of_a_cost_are_told_with_it, the_highest_price_can_be_multiplied_out,
	no_price_is_above_the_highest, an_unknown_model_is_unpriced_and_costs_zero,
	more_cached_than_prompt_is_cut_to_the_prompt,
	a_sum_that_does_not_fit_stops_at_the_end)

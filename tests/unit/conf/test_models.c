/* The catalogue: which model a served name is, which price holds when, and that the
 * committed one says what the price lists say. Runs from the top folder. */
#include "../unit.h"
#include "conf/models.h"

#include <string.h>

#define RATE(in, out) "{\"default\":{\"input\":" #in ",\"output\":" #out "}}"
#define MODEL(name, rest, prices)                                                      \
	"{\"name\":\"" name "\",\"display\":\"D\",\"apis\":[\"chat\"]," rest           \
	"\"prices\":[" prices "]}"
#define CATALOGUE(models)                                                              \
	"{\"unit\":\"USD per million tokens\",\"models\":[" models "]}"

static struct models *parse(const char *text)
{
	struct err e = {0};
	struct models *m = models_parse((struct str){text, strlen(text)}, "m.json", &e);
	ck_assert_msg(m != NULL, "%s", e.text);
	return m;
}

static struct models *committed(void)
{
	struct err e = {0};
	struct models *m = models_load("etc/models.json", &e);
	ck_assert_msg(m != NULL, "%s", e.text);
	return m;
}

static const char *find(const struct models *m, const char *name)
{
	const struct model *model = models_find(m, (struct str){name, strlen(name)});
	return model ? model->name : "";
}

START_TEST(a_name_an_alias_and_a_dated_name_find_the_model)
{
	struct models *m = parse(CATALOGUE(
		MODEL("big", "\"aliases\":[\"large\",\"huge\"],", RATE(1, 2))));
	ck_assert_str_eq(find(m, "big"), "big");
	ck_assert_str_eq(find(m, "huge"), "big");
	ck_assert_str_eq(find(m, "big-2026-01-31"), "big");
	ck_assert_str_eq(find(m, "large-2026-01-31"), "big");
	models_free(m);
}
END_TEST

START_TEST(a_release_is_known_or_not_and_makes_no_price)
{
	struct models *m = parse(CATALOGUE(MODEL("big", "", RATE(1, 2))));
	struct models *dated = parse(
		CATALOGUE(MODEL("big", "\"released\":\"2025-04-16\",", RATE(1, 2))));
	ck_assert_uint_eq(models_get(m, 0)->released_ms, 0);
	ck_assert_uint_eq(models_get(dated, 0)->released_ms, 1744761600000);
	ck_assert_uint_eq(models_price_version(m), models_price_version(dated));
	models_free(m);
	models_free(dated);
}
END_TEST

START_TEST(what_only_begins_like_a_model_is_unknown)
{
	struct models *m = parse(CATALOGUE(MODEL("big", "", RATE(1, 2))));
	static const char *const names[] = {"", "bi", "bigger", "big-mini", "Big",
		"big-2026-1-31", "big-2026-01-31-x", "big-20260131", "-2026-01-31",
		"big-2026-01-31-2026-01-31", "ft:big:me::1"};
	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		ck_assert_str_eq(find(m, names[i]), "");
	ck_assert_ptr_null(models_find(m, STR("big\0")));
	models_free(m);
}
END_TEST

START_TEST(a_dated_name_of_its_own_goes_before_the_rule)
{
	struct models *m = parse(CATALOGUE(MODEL("big", "", RATE(1, 2)) "," MODEL(
		"big-2024-05-13", "", RATE(5, 15))));
	ck_assert_str_eq(find(m, "big-2024-05-13"), "big-2024-05-13");
	ck_assert_str_eq(find(m, "big-2024-05-14"), "big");
	models_free(m);
}
END_TEST

START_TEST(a_fine_tuned_model_has_its_own_price_or_none)
{
	struct models *m = parse(CATALOGUE(
		MODEL("big", "", RATE(1, 2)) "," MODEL("ft:big", "", RATE(3, 6))));
	ck_assert_str_eq(find(m, "ft:big-2024-07-18:acme::abc123"), "ft:big");
	ck_assert_str_eq(find(m, "ft:big:acme"), "ft:big");
	ck_assert_str_eq(find(m, "ft:small:acme"), "");
	models_free(m);
}
END_TEST

START_TEST(the_price_that_holds_is_the_last_one_begun)
{
	struct models *m = parse(CATALOGUE(MODEL("big", "",
		RATE(9, 9) ",{\"from\":\"2025-06-10\",\"default\":{\"input\":2,"
			   "\"output\":8}}")));
	const struct model *big = models_get(m, 0);
	const uint64_t change_ms = UINT64_C(1749513600000);
	ck_assert_uint_eq(big->price[1].from_ms, change_ms);
	ck_assert_ptr_eq(model_price_at(big, 0), &big->price[0]);
	ck_assert_ptr_eq(model_price_at(big, change_ms - 1), &big->price[0]);
	ck_assert_ptr_eq(model_price_at(big, change_ms), &big->price[1]);
	ck_assert_ptr_eq(model_price_at(big, UINT64_MAX), &big->price[1]);
	models_free(m);
}
END_TEST

START_TEST(tiers_have_their_names)
{
	enum model_tier tier = MODEL_TIERS;
	for (unsigned i = 0; i < MODEL_TIERS; i++) {
		const char *name = model_tier_name((enum model_tier)i);
		ck_assert(model_tier_parse((struct str){name, strlen(name)}, &tier));
		ck_assert_uint_eq(tier, i);
	}
	ck_assert(model_tier_parse(STR(""), &tier) && tier == MODEL_TIER_DEFAULT);
	ck_assert(model_tier_parse(STR("auto"), &tier) && tier == MODEL_TIER_DEFAULT);
	ck_assert(model_tier_parse(STR("fast"), &tier) && tier == MODEL_TIER_PRIORITY);
	ck_assert(!model_tier_parse(STR("scale"), &tier));
	ck_assert(!model_tier_parse(STR("Flex"), &tier));
}
END_TEST

static uint64_t version(const char *text)
{
	struct models *m = parse(text);
	uint64_t v = models_price_version(m);
	models_free(m);
	return v;
}

START_TEST(layout_order_and_display_do_not_change_the_version)
{
	uint64_t v = version(CATALOGUE(MODEL("a", "\"aliases\":[\"x\",\"y\"],",
		RATE(1.5, 2)) "," MODEL("b", "", RATE(3, 4))));
	ck_assert_uint_eq(v, version(" " CATALOGUE(MODEL("b", "\"context_tokens\": 7, ",
				     RATE(3.0, 4)) "," MODEL("a",
				     "\"aliases\":[\"y\",\"x\"],\n", RATE(1.50, 2)))));
}
END_TEST

#define LONG(in)                                                                       \
	"{\"long_context_from\":9,\"default\":{\"input\":1,\"output\":2,\"long\":"     \
	"{\"input\":" #in ",\"output\":2}}}"

START_TEST(a_change_of_a_long_rate_changes_the_version)
{
	ck_assert_uint_ne(version(CATALOGUE(MODEL("a", "", LONG(3)))),
		version(CATALOGUE(MODEL("a", "", LONG(4)))));
}
END_TEST

START_TEST(whatever_changes_a_cost_changes_the_version)
{
	uint64_t v = version(CATALOGUE(MODEL("a", "", RATE(1, 2))));
	static const char *const others[] = {
		CATALOGUE(MODEL("b", "", RATE(1, 2))),
		CATALOGUE(MODEL("a", "\"aliases\":[\"x\"],", RATE(1, 2))),
		CATALOGUE(MODEL("a", "", RATE(1, 2.000001))),
		CATALOGUE(MODEL("a", "", RATE(2, 1))),
		CATALOGUE(MODEL("a", "",
			"{\"default\":{\"input\":1,\"cached\":0.5,\"output\":2}}")),
		CATALOGUE(MODEL("a", "",
			"{\"default\":{\"input\":1,\"cache_write\":2,"
			"\"output\":2}}")),
		CATALOGUE(MODEL("a", "",
			"{\"default\":{\"input\":1,\"output\":2,"
			"\"audio_input\":1,\"audio_output\":2}}")),
		CATALOGUE(MODEL("a", "",
			"{\"default\":{\"input\":1,\"output\":2},"
			"\"flex\":{\"input\":1,\"output\":2}}")),
		CATALOGUE(MODEL("a", "",
			"{\"long_context_from\":9,\"default\":{\"input\":1,"
			"\"output\":2,\"long\":{\"input\":1,\"output\":2}}}")),
		CATALOGUE(MODEL("a", "",
			RATE(1, 2) ",{\"from\":\"2026-01-01\",\"default\":{\"input\":1,"
				   "\"output\":2}}")),
	};
	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		ck_assert_msg(version(others[i]) != v, "%s", others[i]);
}
END_TEST

/* $ per million tokens × 1,000,000; cached 0 = like input */
START_TEST(the_committed_catalogue_has_the_published_prices)
{
	static const struct {
		const char *served;
		uint64_t input, cached, output;
	} rows[] = {
		{"gpt-6.2-sol", 2000000, 100000, 10000000},
		{"gpt-6-luna", 100000, 10000, 500000},
		{"gpt-5.6", 4000000, 400000, 20000000},
		{"gpt-5", 1250000, 125000, 10000000},
		{"gpt-5-2025-08-07", 1250000, 125000, 10000000},
		{"gpt-5-mini-2025-08-07", 250000, 25000, 2000000},
		{"gpt-5-nano-2025-08-07", 50000, 5000, 400000},
		{"gpt-4.1-2025-04-14", 2000000, 500000, 8000000},
		{"gpt-4.1-mini", 400000, 100000, 1600000},
		{"gpt-4.1-nano", 100000, 25000, 400000},
		{"gpt-4o-2024-08-06", 2500000, 1250000, 10000000},
		{"gpt-4o-2024-05-13", 5000000, 0, 15000000},
		{"gpt-4o-mini-2024-07-18", 150000, 75000, 600000},
		{"o3-2025-04-16", 2000000, 500000, 8000000},
		{"o4-mini", 1100000, 275000, 4400000},
		{"gpt-4-turbo-2024-04-09", 10000000, 0, 30000000},
		{"gpt-4-0613", 30000000, 0, 60000000},
		{"gpt-3.5-turbo-0125", 500000, 0, 1500000},
		{"ft:gpt-4o-mini-2024-07-18:acme::a", 300000, 150000, 1200000},
		{"text-embedding-3-small", 20000, 0, 0},
		{"text-embedding-3-large", 130000, 0, 0},
	};
	struct models *m = committed();
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct str name = {rows[i].served, strlen(rows[i].served)};
		const struct model *model = models_find(m, name);
		ck_assert_msg(model != NULL, "%s", rows[i].served);
		const struct model_rate *r =
			&model_price_at(model, UINT64_MAX)->usual[MODEL_TIER_DEFAULT];
		ck_assert_uint_eq(r->input, rows[i].input);
		ck_assert_uint_eq(
			r->cached, rows[i].cached ? rows[i].cached : r->input);
		ck_assert_uint_eq(r->output, rows[i].output);
	}
	models_free(m);
}
END_TEST

START_TEST(no_committed_rate_is_upside_down)
{
	struct models *m = committed();
	for (size_t i = 0; i < models_count(m); i++) {
		const struct model *model = models_get(m, i);
		for (size_t j = 0; j < model->n_prices; j++) {
			const struct model_rate *usual = model->price[j].usual;
			const struct model_rate *r = &usual[MODEL_TIER_DEFAULT];
			const struct model_rate *flex = &usual[MODEL_TIER_FLEX];
			const struct model_rate *fast = &usual[MODEL_TIER_PRIORITY];
			ck_assert_msg(r->cached <= r->input, "%s", model->name);
			ck_assert_msg(r->output == 0 || r->output >= r->input, "%s",
				model->name);
			ck_assert_msg(!flex->is_given || flex->input < r->input, "%s",
				model->name);
			ck_assert_msg(!fast->is_given || fast->input > r->input, "%s",
				model->name);
		}
	}
	models_free(m);
}
END_TEST

START_TEST(a_missing_catalogue_is_a_sentence)
{
	struct err e = {0};
	ck_assert_ptr_null(models_load("no/such.json", &e));
	ck_assert_ptr_nonnull(strstr(e.text, "no/such.json"));
	models_free(NULL);
}
END_TEST

UNIT_MAIN("models", a_name_an_alias_and_a_dated_name_find_the_model,
	a_release_is_known_or_not_and_makes_no_price,
	what_only_begins_like_a_model_is_unknown,
	a_dated_name_of_its_own_goes_before_the_rule,
	a_fine_tuned_model_has_its_own_price_or_none,
	the_price_that_holds_is_the_last_one_begun, tiers_have_their_names,
	layout_order_and_display_do_not_change_the_version,
	a_change_of_a_long_rate_changes_the_version,
	whatever_changes_a_cost_changes_the_version,
	the_committed_catalogue_has_the_published_prices,
	no_committed_rate_is_upside_down, a_missing_catalogue_is_a_sentence)

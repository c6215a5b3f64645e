/* Rates: kept once each, under a number that only they have. */
#include "../unit.h"
#include "fixture.h"
#include "store/rates_kept.h"
#include "store/verify.h"

static struct ledger *l;
static const char *dir;

static void begin(void)
{
	dir = fixture_dir("/dev/shm");
	l = fixture_open(dir, 1);
}

static void end(void)
{
	ledger_close(l);
	fixture_remove(dir);
}

static uint64_t n_kept(void)
{
	struct verify_report r;
	struct err e = {0};
	ck_assert_msg(verify_ledger(ledger_store(l), &r, &e), "%s", e.text);
	ck_assert_msg(r.n_faults == 0, "%s", r.fault[0]);
	return r.n_rates;
}

static union fact intent_at(uint64_t request, uint64_t high_input)
{
	union fact f = fixture_intent(request, 1);
	f.intent.high_rates = fixture_rates(high_input);
	return f;
}

static struct row priced(uint64_t request, uint64_t input, uint64_t high_input)
{
	union fact settle = fixture_settle(request, 1, OUTCOME_SETTLED_USAGE);
	settle.settle.rates = fixture_rates(input);
	ck_assert_int_eq(
		fixture_apply(l, intent_at(request, high_input)), LEDGER_APPLIED);
	ck_assert_int_eq(fixture_apply(l, settle), LEDGER_APPLIED);
	return fixture_row(l, request, 1);
}

static struct rates find(uint64_t number)
{
	struct rates r;
	struct err e = {0};
	ck_assert_msg(rates_find(ledger_store(l), number, &r, &e), "%s", e.text);
	return r;
}

START_TEST(a_row_leads_to_the_rates_of_both_its_figures)
{
	begin();
	struct row r = priced(1, 250, 40000);
	struct rates usual = fixture_rates(250), high = fixture_rates(40000);
	struct rates found = find(r.rates), found_high = find(r.high_rates);
	ck_assert_mem_eq(&found, &usual, sizeof usual);
	ck_assert_mem_eq(&found_high, &high, sizeof high);
	end();
}
END_TEST

START_TEST(rates_that_are_known_are_not_kept_again)
{
	begin();
	struct row one = priced(1, 250, 40000);
	struct row two = priced(2, 250, 40000);
	struct row other = priced(3, 251, 40000);
	ck_assert_uint_eq(one.rates, two.rates);
	ck_assert_uint_ne(one.rates, other.rates);
	ck_assert_uint_eq(n_kept(), 3);
	end();
}
END_TEST

START_TEST(what_has_no_price_names_no_rates)
{
	begin();
	fixture_apply(l, fixture_intent(1, 1));
	fixture_apply(l, fixture_settle(1, 1, OUTCOME_SETTLED_USAGE));
	struct row r = fixture_row(l, 1, 1);
	ck_assert_uint_eq(r.rates | r.high_rates, 0);
	ck_assert_uint_eq(n_kept(), 0);
	ck_assert_str_eq(find(r.rates).model, "");
	ck_assert_str_eq(find(12345).model, "");
	end();
}
END_TEST

START_TEST(an_unknown_row_stays_with_the_prices_of_its_upper_end)
{
	begin();
	union fact intent = intent_at(1, 40000);
	union fact settle = fixture_settle(1, 1, OUTCOME_UNKNOWN);
	intent.intent.price_version = 1;
	settle.settle.price_version = 2; /* a reload between the two */
	fixture_apply(l, intent);
	fixture_apply(l, settle);
	struct row r = fixture_row(l, 1, 1);
	ck_assert_uint_eq(r.price_version, 1);
	ck_assert_uint_eq(r.rates, 0);
	ck_assert_uint_eq(find(r.high_rates).input, 40000);
	end();
}
END_TEST

START_TEST(impossible_rates_are_no_fact)
{
	begin();
	union fact tier = intent_at(1, 1), name = intent_at(1, 1);
	tier.intent.high_rates.tier = MODEL_TIERS;
	memset(name.intent.high_rates.model, 'x', MODELS_NAME_BYTES);
	ck_assert_int_eq(fixture_apply(l, tier), LEDGER_BAD);
	ck_assert_int_eq(fixture_apply(l, name), LEDGER_BAD);
	end();
}
END_TEST

/* One commit: a durable one for each would take minutes. */
START_TEST(when_they_are_full_rows_say_that_theirs_are_not_kept)
{
	begin();
	struct err e = {0};
	ck_assert(ledger_begin(l, &e));
	for (uint64_t i = 1; i <= RATES_MAX; i++) {
		union fact f = intent_at(i, i);
		ck_assert_int_eq(ledger_add(l, &f), LEDGER_APPLIED);
	}
	ck_assert_msg(ledger_commit(l, &e), "%s", e.text);
	struct row more = priced(RATES_MAX + 1, 1, RATES_MAX + 1);
	ck_assert_uint_eq(more.high_rates, 0);
	ck_assert_uint_eq(find(more.rates).input, 1);
	ck_assert_uint_eq(n_kept(), RATES_MAX);
	end();
}
END_TEST

UNIT_MAIN("rates_kept", a_row_leads_to_the_rates_of_both_its_figures,
	rates_that_are_known_are_not_kept_again, what_has_no_price_names_no_rates,
	an_unknown_row_stays_with_the_prices_of_its_upper_end,
	impossible_rates_are_no_fact,
	when_they_are_full_rows_say_that_theirs_are_not_kept)

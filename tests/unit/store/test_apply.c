/* Facts into tables: what each kind does, and what it must not do. */
#include "../unit.h"
#include "fixture.h"

static const char *dir;
static struct ledger *l;

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

START_TEST(an_intent_makes_an_open_row_that_no_total_counts)
{
	begin();
	ck_assert_int_eq(fixture_apply(l, fixture_intent(1, 1)), LEDGER_APPLIED);
	ck_assert_uint_eq(fixture_row(l, 1, 1).outcome, OUTCOME_OPEN);
	ck_assert_uint_eq(ledger_n_open(l), 1);
	ck_assert_uint_eq(ledger_totals(l)->attempts, 0);
	end();
}
END_TEST

START_TEST(a_known_intent_is_repeated_and_leaves_its_row_alone)
{
	begin();
	union fact again = fixture_intent(1, 1);
	again.intent.prompt_chars = 999;
	(void)fixture_apply(l, fixture_intent(1, 1));
	ck_assert_int_eq(fixture_apply(l, again), LEDGER_REPEATED);
	ck_assert_uint_eq(fixture_row(l, 1, 1).prompt_chars, 40);
	ck_assert_uint_eq(ledger_n_open(l), 1);
	end();
}
END_TEST

START_TEST(the_first_settle_of_an_attempt_wins)
{
	begin();
	(void)fixture_apply(l, fixture_intent(1, 1));
	ck_assert_int_eq(fixture_apply(l, fixture_settle(1, 1, OUTCOME_SETTLED_USAGE)),
		LEDGER_APPLIED);
	ck_assert_int_eq(fixture_apply(l, fixture_settle(1, 1, OUTCOME_UNKNOWN)),
		LEDGER_REPEATED);
	ck_assert_uint_eq(fixture_row(l, 1, 1).outcome, OUTCOME_SETTLED_USAGE);
	ck_assert_uint_eq(ledger_totals(l)->cost_nanousd, 300);
	ck_assert_uint_eq(ledger_n_open(l), 0);
	end();
}
END_TEST

START_TEST(a_release_of_an_unknown_attempt_is_ignored)
{
	begin();
	ck_assert_int_eq(fixture_apply(l, fixture_settle(5, 1, OUTCOME_RELEASED)),
		LEDGER_IGNORED);
	ck_assert_uint_eq(ledger_sequence(l), 0);
	end();
}
END_TEST

START_TEST(spending_without_an_intent_is_reported_as_bad)
{
	begin();
	ck_assert_int_eq(fixture_apply(l, fixture_settle(5, 1, OUTCOME_SETTLED_USAGE)),
		LEDGER_BAD);
	end();
}
END_TEST

START_TEST(impossible_values_are_bad_and_change_nothing)
{
	begin();
	union fact f[5] = {fixture_intent(1, 0), fixture_intent(1, 1),
		fixture_settle(1, 1, OUTCOME_OPEN), fixture_settle(1, 1, OUTCOMES),
		fixture_token(1, "x", 1)};
	f[1].intent.priority = PRIORITIES;
	f[4].token.role = CLIENT_ROLES;
	for (size_t i = 0; i < N_ELEMENTS(f); i++)
		ck_assert_int_eq(fixture_apply(l, f[i]), LEDGER_BAD);
	ck_assert_uint_eq(ledger_sequence(l), 0);
	end();
}
END_TEST

START_TEST(a_request_is_counted_once_however_many_attempts_reach)
{
	begin();
	for (uint32_t attempt = 1; attempt <= 4; attempt++) {
		union fact f = fixture_settle(1, attempt,
			attempt < 4 ? OUTCOME_RELEASED : OUTCOME_SETTLED_USAGE);
		f.settle.status = attempt > 1 ? 429 : 0;
		(void)fixture_apply(l, fixture_intent(1, attempt));
		(void)fixture_apply(l, f);
	}
	ck_assert_uint_eq(ledger_totals(l)->requests, 1);
	ck_assert_uint_eq(ledger_totals(l)->attempts, 3); /* one was never sent */
	end();
}
END_TEST

START_TEST(a_request_is_unknown_once)
{
	begin();
	for (uint32_t attempt = 1; attempt <= 2; attempt++) {
		(void)fixture_apply(l, fixture_intent(1, attempt));
		(void)fixture_apply(l, fixture_settle(1, attempt, OUTCOME_UNKNOWN));
	}
	ck_assert_uint_eq(ledger_totals(l)->unknown_requests, 1);
	ck_assert_uint_eq(ledger_totals(l)->unknown_nanousd, 14000);
	end();
}
END_TEST

/* ---- tokens ---- */

struct seen {
	uint32_t n;
	struct token last;
};

static bool on_token(void *arg, const struct token *t)
{
	struct seen *s = arg;
	s->n++;
	s->last = *t;
	return true;
}

static struct seen tokens(void)
{
	struct seen s = {0};
	struct query_place at = query_start();
	struct err e = {0};
	ck_assert_int_eq(
		query_tokens(ledger_store(l), &at, on_token, &s, &e), QUERY_DONE);
	return s;
}

START_TEST(a_token_is_added_once)
{
	begin();
	ck_assert_int_eq(fixture_apply(l, fixture_token(7, "ann", 1)), LEDGER_APPLIED);
	ck_assert_int_eq(fixture_apply(l, fixture_token(7, "bob", 2)), LEDGER_REPEATED);
	ck_assert_int_eq(fixture_apply(l, fixture_token(8, "bob", 1)), LEDGER_REPEATED);
	ck_assert_int_eq(fixture_apply(l, fixture_token(9, "ann", 3)), LEDGER_REPEATED);
	ck_assert_uint_eq(tokens().n, 1);
	ck_assert_str_eq(tokens().last.name, "ann");
	end();
}
END_TEST

START_TEST(the_name_of_a_revoked_token_is_free_and_its_hash_is_not)
{
	begin();
	(void)fixture_apply(l, fixture_token(7, "ann", 1));
	ck_assert_int_eq(fixture_apply(l, fixture_revocation(7)), LEDGER_APPLIED);
	ck_assert_uint_eq(tokens().last.revoked_ms, TEST_NOW_MS);
	ck_assert_int_eq(fixture_apply(l, fixture_token(8, "ann", 1)), LEDGER_REPEATED);
	ck_assert_int_eq(fixture_apply(l, fixture_token(9, "ann", 2)), LEDGER_APPLIED);
	end();
}
END_TEST

static enum ledger_verdict apply_yielding(uint64_t id, const char *name, uint8_t hash)
{
	union fact f = fixture_token(id, name, hash);
	struct err e = {0};
	f.token.yields_name = 1;
	ck_assert_msg(ledger_begin(l, &e), "%s", e.text);
	ledger_name_token(l, &f);
	ck_assert_msg(ledger_commit(l, &e), "%s", e.text);
	return fixture_apply(l, f);
}

START_TEST(a_token_that_yields_its_name_gets_the_next_free_one)
{
	char longest[FACT_NAME_BYTES];
	begin();
	ck_assert_int_eq(apply_yielding(1, "admin", 1), LEDGER_APPLIED);
	ck_assert_str_eq(tokens().last.name, "admin");
	ck_assert_int_eq(apply_yielding(2, "admin", 1), LEDGER_REPEATED);
	ck_assert_int_eq(apply_yielding(3, "admin", 2), LEDGER_APPLIED);
	ck_assert_str_eq(tokens().last.name, "admin-2");
	ck_assert_int_eq(apply_yielding(4, "admin", 3), LEDGER_APPLIED);
	ck_assert_str_eq(tokens().last.name, "admin-3");
	ck_assert_int_eq(fixture_apply(l, fixture_revocation(1)), LEDGER_APPLIED);
	ck_assert_int_eq(apply_yielding(5, "admin", 4), LEDGER_APPLIED);
	ck_assert_str_eq(tokens().last.name, "admin");
	memset(longest, 'x', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	ck_assert_int_eq(apply_yielding(6, longest, 5), LEDGER_APPLIED);
	ck_assert_int_eq(apply_yielding(7, longest, 6), LEDGER_APPLIED);
	ck_assert_uint_eq(tokens().n, 6);
	end();
}
END_TEST

START_TEST(a_token_is_revoked_once)
{
	begin();
	(void)fixture_apply(l, fixture_token(7, "ann", 1));
	(void)fixture_apply(l, fixture_revocation(7));
	ck_assert_int_eq(fixture_apply(l, fixture_revocation(7)), LEDGER_REPEATED);
	ck_assert_int_eq(fixture_apply(l, fixture_revocation(8)), LEDGER_IGNORED);
	end();
}
END_TEST

START_TEST(a_tokens_limits_are_changed_one_by_one_while_it_is_live)
{
	begin();
	union fact f = fixture_token(7, "ann", 1);
	client_limit_set_number(&f.token.limits, CLIENT_LIMIT_concurrent, 3);
	(void)fixture_apply(l, f);
	f = fixture_limits(7, CLIENT_LIMIT_budget_day, 5);
	ck_assert_int_eq(fixture_apply(l, f), LEDGER_APPLIED);
	struct client_limits got = tokens().last.limits;
	ck_assert_uint_eq(client_limit_get(&got, CLIENT_LIMIT_concurrent), 3);
	ck_assert_uint_eq(client_limit_get(&got, CLIENT_LIMIT_budget_day), 5);
	ck_assert(!client_limit_is_said(&got, CLIENT_LIMIT_max_tokens));
	f.token_limits.client_id = 8;
	ck_assert_int_eq(fixture_apply(l, f), LEDGER_IGNORED);
	(void)fixture_apply(l, fixture_revocation(7));
	f.token_limits.client_id = 7;
	ck_assert_int_eq(fixture_apply(l, f), LEDGER_REPEATED);
	end();
}
END_TEST

UNIT_MAIN("apply", an_intent_makes_an_open_row_that_no_total_counts,
	a_known_intent_is_repeated_and_leaves_its_row_alone,
	the_first_settle_of_an_attempt_wins, a_release_of_an_unknown_attempt_is_ignored,
	spending_without_an_intent_is_reported_as_bad,
	impossible_values_are_bad_and_change_nothing,
	a_request_is_counted_once_however_many_attempts_reach,
	a_request_is_unknown_once, a_token_is_added_once,
	the_name_of_a_revoked_token_is_free_and_its_hash_is_not,
	a_token_that_yields_its_name_gets_the_next_free_one, a_token_is_revoked_once,
	a_tokens_limits_are_changed_one_by_one_while_it_is_live)

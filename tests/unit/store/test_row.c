/* Rows: what an outcome makes of an intent. */
#include "../unit.h"
#include "base/clock.h"
#include "fixture.h"

#include <stddef.h>

static struct row open_row(void)
{
	union fact f = fixture_intent(1, 1);
	struct row r;
	row_of_intent(&r, &f.intent);
	return r;
}

static struct row settled_row(enum attempt_outcome outcome, uint16_t status)
{
	struct row r = open_row();
	union fact f = fixture_settle(1, 1, outcome);
	f.settle.status = status;
	row_settle(&r, &f.settle);
	return r;
}

START_TEST(a_released_row_costs_nothing_whatever_its_settle_says)
{
	struct row r = settled_row(OUTCOME_RELEASED, 429);
	ck_assert_uint_eq(r.cost_nanousd, 0);
	ck_assert_uint_eq(r.prompt_tokens + r.completion_tokens, 0);
}
END_TEST

START_TEST(what_the_cost_rests_on_is_in_the_row)
{
	struct row r = open_row();
	union fact f = fixture_settle(1, 1, OUTCOME_SETTLED_USAGE);
	f.settle.cache_write_tokens = 3;
	f.settle.prompt_audio_tokens = 4;
	f.settle.completion_audio_tokens = UINT64_C(1) << 32;
	f.settle.assumed = true;
	row_settle(&r, &f.settle);
	ck_assert_uint_eq(r.cache_write_tokens, 3);
	ck_assert_uint_eq(r.prompt_audio_tokens, 4);
	ck_assert_uint_eq(r.completion_audio_tokens, UINT32_MAX);
	ck_assert_str_eq(row_pricing_name(&r), "assumed");
}
END_TEST

/* Of the fields that are carried over as they are, each. */
START_TEST(what_is_known_of_an_attempt_is_in_its_row)
{
	struct row r;
	struct fact_intent i = {.attempt = 3,
		.priority = PRIORITY_HIGH,
		.api = API_RESPONSES,
		.client_id = 11,
		.queued_ms = 12,
		.sent_ms = 13,
		.queue_ns = 14,
		.estimated_tokens = 15,
		.max_tokens = 16,
		.prompt_chars = 17,
		.key = "a key",
		.model = "asked",
		.session = "a session",
		.tier_asked = "flex"};
	struct fact_settle f = {.outcome = OUTCOME_SETTLED_USAGE,
		.status = 200,
		.retries = 2,
		.final = 1,
		.done_ms = 21,
		.first_token_ns = 22,
		.duration_ns = 23,
		.completion_chars = 24,
		.charged_tokens = 25,
		.price_version = 26,
		.model_served = "served",
		.service_tier = "default",
		.upstream_id = "theirs",
		.error_code = "a code"};
	row_of_intent(&r, &i);
	row_settle(&r, &f);
	const uint64_t numbers[][2] = {{r.attempt, 3}, {r.priority, PRIORITY_HIGH},
		{r.api, API_RESPONSES}, {r.client_id, 11}, {r.queued_ms, 12},
		{r.sent_ms, 13}, {r.queue_ns, 14}, {r.estimated_tokens, 15},
		{r.max_tokens, 16}, {r.prompt_chars, 17}, {r.status, 200},
		{r.retries, 2}, {r.flags, ROW_FINAL}, {r.done_ms, 21},
		{r.first_token_ns, 22}, {r.duration_ns, 23}, {r.completion_chars, 24},
		{r.charged_tokens, 25}, {r.price_version, 26}};
	const char *texts[][2] = {{r.key, i.key}, {r.model, i.model},
		{r.session, i.session}, {r.tier_asked, i.tier_asked},
		{r.model_served, f.model_served}, {r.service_tier, f.service_tier},
		{r.upstream_id, f.upstream_id}, {r.error_code, f.error_code}};
	for (size_t n = 0; n < N_ELEMENTS(numbers); n++)
		ck_assert_msg(numbers[n][0] == numbers[n][1], "number %zu", n);
	for (size_t n = 0; n < N_ELEMENTS(texts); n++)
		ck_assert_str_eq(texts[n][0], texts[n][1]);
}
END_TEST

START_TEST(what_went_wrong_has_one_word)
{
	static const struct {
		enum attempt_outcome outcome;
		enum exchange_failure failure;
		uint16_t status;
		const char *code, *word;
	} cases[] = {{OUTCOME_OPEN, FAILURE_NONE, 500, "", ""},
		{OUTCOME_SETTLED_USAGE, FAILURE_NONE, 399, "", ""},
		{OUTCOME_RELEASED, FAILURE_NONE, 400, "", "http_4xx"},
		{OUTCOME_RELEASED, FAILURE_NONE, 499, "", "http_4xx"},
		{OUTCOME_RELEASED, FAILURE_NONE, 500, "", "http_5xx"},
		{OUTCOME_RELEASED, FAILURE_CANCELLED, 500, "", "cancelled"},
		{OUTCOME_RELEASED, FAILURE_CANCELLED, 500, "a_code", "a_code"}};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct row r = {.outcome = (uint8_t)cases[i].outcome,
			.failure = (uint8_t)cases[i].failure,
			.status = cases[i].status};
		snprintf(r.error_code, sizeof r.error_code, "%s", cases[i].code);
		ck_assert_str_eq(row_error(&r), cases[i].word);
	}
}
END_TEST

START_TEST(pricing_has_a_name_for_each_way)
{
	struct row r = settled_row(OUTCOME_SETTLED_USAGE, 200);
	ck_assert_str_eq(row_pricing_name(&r), "exact");
	r.flags |= ROW_UNPRICED;
	ck_assert_str_eq(row_pricing_name(&r), "unpriced");
}
END_TEST

START_TEST(an_unknown_row_stands_at_the_upper_end_of_its_interval)
{
	struct row r = settled_row(OUTCOME_UNKNOWN, 0);
	ck_assert_uint_eq(r.prompt_tokens, 100);
	ck_assert_uint_eq(r.completion_tokens, 50);
	ck_assert_uint_eq(r.cost_nanousd, 7000);
}
END_TEST

START_TEST(an_unknown_row_is_never_below_what_is_known_of_it)
{
	struct row r = open_row();
	union fact f = fixture_settle(1, 1, OUTCOME_UNKNOWN);
	f.settle.completion_tokens = 900;
	f.settle.cost_nanousd = 9000;
	row_settle(&r, &f.settle);
	ck_assert_uint_eq(r.completion_tokens, 900);
	ck_assert_uint_eq(r.cost_nanousd, 9000);
}
END_TEST

START_TEST(a_lost_row_names_its_error)
{
	struct row r = open_row();
	row_lose(&r, 5000);
	ck_assert_str_eq(r.error_code, "upstream_outcome_unknown");
	ck_assert_str_eq(r.error_code, row_error(&r));
}
END_TEST

START_TEST(only_what_was_never_sent_has_not_reached_openai)
{
	static const struct {
		enum attempt_outcome outcome;
		uint16_t status;
		bool reached;
	} rows[] = {
		{OUTCOME_SETTLED_USAGE, 200, true},
		{OUTCOME_SETTLED_ESTIMATE, 200, true},
		{OUTCOME_UNKNOWN, 0, true},
		{OUTCOME_RELEASED, 429, true},
		{OUTCOME_RELEASED, 0, false},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct row r = settled_row(rows[i].outcome, rows[i].status);
		ck_assert_msg(row_has_reached(&r) == rows[i].reached, "row %zu", i);
	}
	struct row open = open_row();
	ck_assert(!row_has_reached(&open));
}
END_TEST

START_TEST(what_ended_in_the_queue_was_not_even_tried)
{
	struct row r = settled_row(OUTCOME_RELEASED, 0);
	r.duration_ns = 0;
	ck_assert(row_is_unsent(&r));
	r.duration_ns = 1;
	ck_assert(!row_is_unsent(&r));
	struct row answered = settled_row(OUTCOME_RELEASED, 429), open = open_row();
	answered.duration_ns = 0;
	ck_assert(!row_is_unsent(&answered) && !row_is_unsent(&open));
}
END_TEST

START_TEST(how_long_a_request_waited_its_first_attempt_tells)
{
	struct row r = open_row();
	ck_assert(!row_tells_wait(&r));
	r = settled_row(OUTCOME_RELEASED, 503);
	ck_assert(row_tells_wait(&r));
	r.attempt = 2;
	ck_assert(!row_tells_wait(&r));
}
END_TEST

START_TEST(a_row_charges_all_that_was_reserved_until_its_truth_is_known)
{
	static const struct {
		enum attempt_outcome outcome;
		uint16_t status;
		uint64_t requests, tokens;
	} rows[] = {
		{OUTCOME_SETTLED_USAGE, 200, 1, 70},
		{OUTCOME_SETTLED_ESTIMATE, 200, 1, 70},
		{OUTCOME_UNKNOWN, 0, 1, 500},
		{OUTCOME_RELEASED, 429, 1, 70},
		{OUTCOME_RELEASED, 0, 0, 0},
	};
	union fact intent = fixture_intent(1, 1);
	intent.intent.estimated_tokens = 500;
	struct row r;
	row_of_intent(&r, &intent.intent);
	ck_assert_uint_eq(row_charge(&r).requests, 1);
	ck_assert_uint_eq(row_charge(&r).tokens, 500);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		union fact f = fixture_settle(1, 1, rows[i].outcome);
		f.settle.status = rows[i].status;
		f.settle.charged_tokens = 70;
		row_of_intent(&r, &intent.intent);
		row_settle(&r, &f.settle);
		ck_assert_uint_eq(row_charge(&r).requests, rows[i].requests);
		ck_assert_uint_eq(row_charge(&r).tokens, rows[i].tokens);
	}
}
END_TEST

START_TEST(a_row_knows_when_it_was_sent_by_both_clocks)
{
	union fact f = fixture_intent(1, 1);
	f.intent.boot = 7;
	f.intent.sent_boot_ns = 99;
	struct row r;
	row_of_intent(&r, &f.intent);
	struct moment m = row_sent(&r);
	ck_assert_uint_eq(m.boot, 7);
	ck_assert_uint_eq(m.boot_ns, 99);
	ck_assert_uint_eq(m.wall_ms, TEST_NOW_MS);
}
END_TEST

START_TEST(a_text_without_an_end_is_cut_at_its_array)
{
	union fact f = fixture_intent(1, 1);
	memset(f.intent.model, 'm', sizeof f.intent.model);
	struct row r;
	row_of_intent(&r, &f.intent);
	ck_assert_uint_eq(strnlen(r.model, sizeof r.model), sizeof r.model - 1);
}
END_TEST

static struct str sealed(const struct row *r, struct row_stored *stored)
{
	row_seal(r, 12, stored);
	return (struct str){stored->bytes, stored->n};
}

/* Reads its row back whole. */
static void check_comes_back(const struct row *r)
{
	struct row_stored stored;
	struct row out;
	memset(&out, 'x', sizeof out);
	ck_assert(row_open(&out, sealed(r, &stored), 12));
	ck_assert_mem_eq(&out, r, sizeof out);
}

START_TEST(a_row_under_another_sequence_is_not_read)
{
	struct row r = open_row(), out;
	struct row_stored stored;
	struct str bytes = sealed(&r, &stored);
	ck_assert(row_open(&out, bytes, 12));
	ck_assert(!row_open(&out, bytes, 13));
}
END_TEST

static void fill_text(char *text, size_t n)
{
	memset(text, 't', n - 1);
	text[n - 1] = '\0';
}

static void fill_texts(struct row *r)
{
	fill_text(r->key, sizeof r->key);
	fill_text(r->model, sizeof r->model);
	fill_text(r->session, sizeof r->session);
	fill_text(r->tier_asked, sizeof r->tier_asked);
	fill_text(r->model_served, sizeof r->model_served);
	fill_text(r->service_tier, sizeof r->service_tier);
	fill_text(r->upstream_id, sizeof r->upstream_id);
	fill_text(r->error_code, sizeof r->error_code);
}

START_TEST(what_is_stored_comes_back_with_texts_of_any_length)
{
	struct row r = open_row();
	check_comes_back(&r);
	r = settled_row(OUTCOME_SETTLED_USAGE, 200);
	check_comes_back(&r);
	fill_texts(&r);
	check_comes_back(&r);
	memset(r.key, 0, sizeof r - offsetof(struct row, key));
	check_comes_back(&r);
}
END_TEST

START_TEST(what_is_stored_is_never_larger_than_its_room)
{
	struct row r = open_row();
	struct row_stored stored;
	fill_texts(&r);
	ck_assert_uint_le(sealed(&r, &stored).n, sizeof stored.bytes);
	r.model_served[0] = r.upstream_id[0] = r.error_code[0] = '\0';
	ck_assert_uint_le(sealed(&r, &stored).n, sizeof stored.bytes);
}
END_TEST

START_TEST(a_usual_outcome_lies_where_the_open_row_lay)
{
	struct row r = open_row();
	struct row_stored open, settled;
	snprintf(r.model, sizeof r.model, "gpt-4o-mini");
	row_seal(&r, 12, &open);
	snprintf(r.model_served, sizeof r.model_served, "gpt-4o-mini-2024-07-18");
	snprintf(r.service_tier, sizeof r.service_tier, "default");
	snprintf(r.upstream_id, sizeof r.upstream_id, "req_%032d", 7);
	row_seal(&r, 12, &settled);
	ck_assert_uint_eq(settled.n, open.n);
	fill_text(r.error_code, sizeof r.error_code);
	row_seal(&r, 12, &settled);
	ck_assert_uint_gt(settled.n, open.n);
}
END_TEST

/* Whole by its seal, and yet no row: each text has to end in its array. */
START_TEST(texts_without_an_end_are_not_read)
{
	struct row r = open_row(), out;
	struct row_stored stored;
	size_t texts = sizeof(struct seal) + offsetof(struct row, key);
	for (size_t n = sizeof(struct seal); n <= texts + sizeof r.key; n++) {
		(void)sealed(&r, &stored);
		memset(stored.bytes + texts, 't', sizeof stored.bytes - texts);
		seal_close(stored.bytes, n, ROW_VERSION, 12);
		ck_assert(!row_open(&out, (struct str){stored.bytes, n}, 12));
	}
}
END_TEST

static struct row retried_row(enum retry_word by)
{
	struct row r = open_row();
	union fact f = fixture_settle(1, 1, OUTCOME_RELEASED);
	f.settle.status = 429;
	f.settle.final = false;
	f.settle.retry_by = (uint8_t)by;
	f.settle.retry_ns = 20 * NS_PER_S;
	row_settle(&r, &f.settle);
	return r;
}

START_TEST(by_whose_word_a_retry_waits_comes_back_with_its_number)
{
	for (unsigned by = RETRY_BY_UPSTREAM; by < RETRY_WORDS; by++) {
		struct row r = retried_row((enum retry_word)by);
		ck_assert_int_eq(row_retry_by(&r), by);
		ck_assert_uint_eq(r.retry_ns, 20 * NS_PER_S);
		check_comes_back(&r);
		fill_texts(&r);
		check_comes_back(&r);
	}
}
END_TEST

/* So it is in rows from before it was written down: nothing stands behind their texts. */
START_TEST(a_row_that_does_not_know_of_a_retry_is_no_longer_for_it)
{
	struct row r = settled_row(OUTCOME_RELEASED, 429), out;
	struct row_stored stored;
	fill_texts(&r);
	r.flags &= (uint16_t)~ROW_FINAL;
	r.retry_ns = 0;
	struct str bytes = sealed(&r, &stored);
	ck_assert_int_eq(bytes.p[bytes.n - 1], '\0');
	ck_assert_int_eq(bytes.p[bytes.n - 2], 't'); /* its last text's end */
	ck_assert(row_open(&out, bytes, 12));
	ck_assert_int_eq(row_retry_by(&out), RETRY_BY_NOBODY);
	ck_assert_int_eq(row_held_by(&out), WAIT_NOTHING);
}
END_TEST

START_TEST(what_an_attempt_was_held_by_stays_beside_its_state)
{
	union fact f = fixture_intent(1, 2);
	struct row r;
	f.intent.stabilization = 7;
	f.intent.held_by = WAIT_FAULTS;
	row_of_intent(&r, &f.intent);
	ck_assert_int_eq(row_held_by(&r), WAIT_FAULTS);
	ck_assert_uint_eq(row_stabilization(&r), 7);
	ck_assert_int_eq(row_retry_by(&r), RETRY_BY_NOBODY);
	f.intent.held_by = 255;
	row_of_intent(&r, &f.intent);
	ck_assert_int_eq(row_held_by(&r), WAIT_NOTHING);
}
END_TEST

START_TEST(a_retry_by_an_impossible_word_is_not_known)
{
	struct row r = retried_row((enum retry_word)77);
	ck_assert_int_eq(row_retry_by(&r), RETRY_BY_NOBODY);
	ck_assert_uint_eq(r.retry_ns, 0);
}
END_TEST

static union fact held_intent(enum wait_reason by)
{
	union fact f = fixture_intent(1, 2);
	f.intent.held_by = (uint8_t)by;
	f.intent.hold = (struct hold){.limit = 150,
		.used = 120,
		.ahead = 7,
		.needed = 50,
		.window_s = 60,
		.unit = LIMIT_TOKENS,
		.scope = "model gpt-4o"};
	f.intent.tightest = (struct client_limit_use){
		.allowed = 100, .used = 70, .which = CLIENT_LIMIT_budget_week};
	return f;
}

START_TEST(the_limit_that_held_it_comes_back_with_its_numbers)
{
	union fact f = held_intent(WAIT_TOKENS);
	struct row r, out;
	struct row_stored stored;
	row_of_intent(&r, &f.intent);
	ck_assert(row_open(&out, sealed(&r, &stored), 12));
	ck_assert_uint_eq(out.flags & ROW_HOLD, ROW_HOLD);
	ck_assert_mem_eq(&out.hold, &f.intent.hold, sizeof out.hold);
	ck_assert_mem_eq(&out.tightest, &f.intent.tightest, sizeof out.tightest);
	r = retried_row(RETRY_BY_UPSTREAM);
	r.flags |= ROW_HOLD; /* behind the delay of its retry */
	r.hold = f.intent.hold;
	r.flags &= (uint16_t)~ROW_TIGHTEST;
	ck_assert(row_open(&out, sealed(&r, &stored), 12));
	ck_assert_uint_eq(out.retry_ns, r.retry_ns);
	ck_assert_mem_eq(&out.hold, &f.intent.hold, sizeof out.hold);
}
END_TEST

START_TEST(a_limit_that_did_not_hold_it_last_is_not_told)
{
	static const enum wait_reason others[] = {
		WAIT_NOTHING, WAIT_BACKOFF, WAIT_CONCURRENCY, WAIT_FAULTS};
	struct row r;
	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		union fact f = held_intent(others[i]);
		row_of_intent(&r, &f.intent);
		ck_assert_uint_eq(r.flags & ROW_HOLD, 0);
		ck_assert_uint_eq(r.hold.limit, 0);
	}
	union fact bad = held_intent(WAIT_TOKENS);
	bad.intent.hold.unit = LIMIT_UNITS;
	bad.intent.tightest.which = CLIENT_NUMBERS;
	row_of_intent(&r, &bad.intent);
	ck_assert_uint_eq(r.flags & (ROW_HOLD | ROW_TIGHTEST), 0);
}
END_TEST

UNIT_MAIN("row", what_went_wrong_has_one_word,
	what_is_known_of_an_attempt_is_in_its_row,
	the_limit_that_held_it_comes_back_with_its_numbers,
	a_limit_that_did_not_hold_it_last_is_not_told,
	a_released_row_costs_nothing_whatever_its_settle_says,
	what_the_cost_rests_on_is_in_the_row, pricing_has_a_name_for_each_way,
	an_unknown_row_stands_at_the_upper_end_of_its_interval,
	an_unknown_row_is_never_below_what_is_known_of_it, a_lost_row_names_its_error,
	only_what_was_never_sent_has_not_reached_openai,
	what_ended_in_the_queue_was_not_even_tried,
	how_long_a_request_waited_its_first_attempt_tells,
	a_row_charges_all_that_was_reserved_until_its_truth_is_known,
	a_row_knows_when_it_was_sent_by_both_clocks,
	a_text_without_an_end_is_cut_at_its_array,
	a_row_under_another_sequence_is_not_read,
	what_is_stored_comes_back_with_texts_of_any_length,
	what_is_stored_is_never_larger_than_its_room,
	a_usual_outcome_lies_where_the_open_row_lay, texts_without_an_end_are_not_read,
	by_whose_word_a_retry_waits_comes_back_with_its_number,
	a_row_that_does_not_know_of_a_retry_is_no_longer_for_it,
	what_an_attempt_was_held_by_stays_beside_its_state,
	a_retry_by_an_impossible_word_is_not_known)

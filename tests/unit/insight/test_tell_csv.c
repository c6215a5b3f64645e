/* Rows as CSV: every column of a row, and no text that a spreadsheet would reckon with. */
#include "../unit.h"
#include "base/clock.h"
#include "insight/tell.h"
#include "insight/tell_csv.h"

#include <stdio.h>
#include <string.h>

static struct row row;
static char line[TELL_CSV_BYTES + 1];

static void tell(const char *client)
{
	line[tell_csv_row(&row, client, line)] = '\0';
}

START_TEST(quotes_and_line_ends_stay_inside_their_field)
{
	row = (struct row){.attempt = 1};
	snprintf(row.session, sizeof row.session, "a\"b,\r\nc");
	tell("ann");
	ck_assert_ptr_nonnull(strstr(line, ",\"a\"\"b,\r\nc\",\"ann\","));
}
END_TEST

START_TEST(what_looks_like_a_formula_is_a_text)
{
	static const char *const formulas[] = {"=1+1", "+x", "-x", "@x", "\tx", "\rx"};
	char want[32];
	row = (struct row){.attempt = 1};
	for (size_t i = 0; i < N_ELEMENTS(formulas); i++) {
		snprintf(row.session, sizeof row.session, "%s", formulas[i]);
		tell(formulas[i]);
		snprintf(want, sizeof want, ",\"'%s\",\"'%s\",", formulas[i],
			formulas[i]);
		ck_assert_ptr_nonnull(strstr(line, want));
	}
	snprintf(row.session, sizeof row.session, "a=b");
	tell("ann");
	ck_assert_ptr_nonnull(strstr(line, ",\"a=b\","));
}
END_TEST

static uint32_t count(const char *text, const char *what)
{
	uint32_t n = 0;
	for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

START_TEST(each_member_of_a_row_has_its_column)
{
	struct jsonw w;
	struct str json;
	char name[64], text[TELL_CSV_BYTES];
	row = (struct row){.attempt = 1};
	jsonw_init_fixed(&w, text, sizeof text - 1);
	tell_row(&w, &row, "ann");
	ck_assert(jsonw_done(&w, &json));
	text[json.n] = '\0';
	line[tell_csv_head(line)] = '\0';
	uint32_t n = 0;
	for (const char *p = json.p; (p = strpbrk(p, "{,")) != NULL; n++) {
		ck_assert_int_eq(sscanf(++p, "\"%62[^\"]\"", name), 1);
		ck_assert_msg(strstr(line, name) != NULL, "%s", name);
	}
	ck_assert_uint_eq(count(line, ",") + 1, n);
	tell("ann");
	ck_assert_uint_eq(count(line, ",") + 1, n);
}
END_TEST

START_TEST(what_let_a_row_in_and_what_came_after_it_are_its_last_columns)
{
	row = (struct row){.attempt = 1,
		.api = API_RESPONSES,
		.max_tokens = 77,
		.retry_ns = 1500 * NS_PER_MS};
	tell("ann");
	ck_assert_ptr_nonnull(strstr(line, ",\"responses\",77,\"\",\"\",1500\r\n"));
	row.api = API_RELAYED;
	row.flags = WAIT_TOKENS << 13 | RETRY_BY_UPSTREAM << 11;
	tell("ann");
	ck_assert_ptr_nonnull(
		strstr(line, ",\"relayed\",77,\"tokens\",\"retry_after\",1500\r\n"));
}
END_TEST

/* Of a row that came at 1 s, was sent at 2 s and ended at 3 s. */
static void sent_and_done(uint64_t duration_ns, const char *in_csv, const char *in_json)
{
	struct jsonw w;
	struct str json;
	char text[TELL_CSV_BYTES];
	row = (struct row){.attempt = 1,
		.outcome = OUTCOME_RELEASED,
		.duration_ns = duration_ns,
		.queued_ms = 1000,
		.sent_ms = 2000,
		.done_ms = 3000};
	tell("ann");
	ck_assert_ptr_nonnull(strstr(line, in_csv));
	jsonw_init_fixed(&w, text, sizeof text);
	tell_row(&w, &row, "ann");
	ck_assert(jsonw_done(&w, &json));
	ck_assert_ptr_nonnull(memmem(json.p, json.n, in_json, strlen(in_json)));
}

START_TEST(what_was_never_sent_has_no_time_of_it)
{
	sent_and_done(0, "01.000Z,,1970-01-01T00:00:03.000Z,",
		"\"sent_at\":null,\"done_at\":\"1970-01-01T00:00:03.000Z\"");
	sent_and_done(1, "02.000Z,1970-01-01T00:00:03.000Z,",
		"\"sent_at\":\"1970-01-01T00:00:02.000Z\"");
}
END_TEST

START_TEST(the_longest_row_fits)
{
	char client[48];
	memset(&row, 0xff, sizeof row);
	char *const texts[] = {row.key, row.model, row.session, row.model_served,
		row.service_tier, row.upstream_id, row.error_code};
	const size_t sizes[] = {sizeof row.key, sizeof row.model, sizeof row.session,
		sizeof row.model_served, sizeof row.service_tier,
		sizeof row.upstream_id, sizeof row.error_code};
	for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
		memset(texts[i], '"', sizes[i]);
		texts[i][sizes[i] - 1] = '\0';
	}
	row.queued_ms = row.sent_ms = row.done_ms = 1795564800000;
	row.outcome = OUTCOME_UNKNOWN;
	row.failure = 0;
	row.priority = 0;
	memset(client, '"', sizeof client);
	client[sizeof client - 1] = '\0';
	tell(client);
	ck_assert_uint_lt(strlen(line), TELL_CSV_BYTES / 2);
	struct jsonw w;
	struct str json;
	char text[TELL_CSV_BYTES];
	jsonw_init_fixed(&w, text, sizeof text);
	tell_row(&w, &row, client);
	ck_assert(jsonw_done(&w, &json));
	ck_assert_uint_lt(json.n, TELL_CSV_BYTES - 512);
}
END_TEST

UNIT_MAIN("tell_csv", quotes_and_line_ends_stay_inside_their_field,
	what_looks_like_a_formula_is_a_text, each_member_of_a_row_has_its_column,
	what_let_a_row_in_and_what_came_after_it_are_its_last_columns,
	what_was_never_sent_has_no_time_of_it, the_longest_row_fits)

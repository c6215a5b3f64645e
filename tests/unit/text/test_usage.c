/* What replies say about themselves, and what is not believed. */
#include "../unit.h"
#include "text/usage.h"

#include <stdio.h>
#include <string.h>

static struct usage_view read_doc(const char *doc)
{
	struct usage_view v;
	ck_assert_msg(usage_read((struct str){doc, strlen(doc)}, &v), "%s", doc);
	return v;
}

/* The state that a document with this usage has. */
static enum usage_state state_of(const char *usage)
{
	char doc[512];
	snprintf(doc, sizeof doc, "{\"id\":\"x\",\"usage\":%s}", usage);
	return read_doc(doc).state;
}

START_TEST(a_whole_completion_is_read_in_one_scan)
{
	struct usage_view v = read_doc(
		"{\"id\":\"chatcmpl-1\",\"model\":\"gpt-4o-2024-08-06\","
		"\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
		"\"content\":\"h\\u00e9llo\",\"refusal\":null,\"tool_calls\":[{\"id\":\"c\","
		"\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
		"\"finish_reason\":\"stop\"}],\"service_tier\":\"default\",\"usage\":{"
		"\"prompt_tokens\":100,\"completion_tokens\":20,\"total_tokens\":120,"
		"\"prompt_tokens_details\":{\"cached_tokens\":64,\"audio_tokens\":3},"
		"\"completion_tokens_details\":{\"reasoning_tokens\":7,\"audio_tokens\":2,"
		"\"accepted_prediction_tokens\":0}}}");
	ck_assert_int_eq(v.state, USAGE_GIVEN);
	ck_assert_uint_eq(v.tokens.prompt, 100);
	ck_assert_uint_eq(v.tokens.completion, 20);
	ck_assert_uint_eq(v.tokens.total, 120);
	ck_assert_uint_eq(v.tokens.cached, 64);
	ck_assert_uint_eq(v.tokens.prompt_audio, 3);
	ck_assert_uint_eq(v.tokens.reasoning, 7);
	ck_assert_uint_eq(v.tokens.completion_audio, 2);
	ck_assert_mem_eq(v.id, "chatcmpl-1", v.n_id);
	ck_assert_mem_eq(v.model, "gpt-4o-2024-08-06", v.n_model);
	ck_assert_mem_eq(v.tier, "default", v.n_tier);
	ck_assert(v.is_finished && v.has_choices && !v.has_error);
	ck_assert_uint_eq(v.n_chars, 7);
}
END_TEST

START_TEST(missing_and_null_are_absent_and_zero_is_a_value)
{
	ck_assert_int_eq(read_doc("{}").state, USAGE_ABSENT);
	ck_assert_int_eq(state_of("null"), USAGE_ABSENT);
	ck_assert_int_eq(
		state_of("{\"prompt_tokens\":0,\"completion_tokens\":0}"), USAGE_GIVEN);
}
END_TEST

START_TEST(counts_that_cannot_be_are_unusable)
{
	static const char *const bad[] = {"{\"prompt_tokens\":-1}",
		"{\"prompt_tokens\":1.5}", "{\"prompt_tokens\":1e3}",
		"{\"prompt_tokens\":\"1\"}", "{\"prompt_tokens\":1099511627777}",
		"{\"prompt_tokens\":99999999999999999999}",
		"{\"prompt_tokens\":1,\"prompt_tokens\":2}",
		"{\"prompt_tokens\":1,\"prompt_tokens_details\":{\"cached_tokens\":-1}}",
		"{}", "[]", "7", "{\"total_tokens\":7}"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		ck_assert_msg(state_of(bad[i]) == USAGE_UNUSABLE, "%s", bad[i]);
	ck_assert_int_eq(state_of("{\"prompt_tokens\":1099511627776}"), USAGE_GIVEN);
}
END_TEST

START_TEST(a_second_usage_makes_both_unusable)
{
	struct usage_view v = read_doc(
		"{\"usage\":{\"prompt_tokens\":1},\"usage\":{\"prompt_tokens\":2}}");
	ck_assert_int_eq(v.state, USAGE_UNUSABLE);
	v = read_doc("{\"usage\":null,\"usage\":null}");
	ck_assert_int_eq(v.state, USAGE_UNUSABLE);
}
END_TEST

START_TEST(null_details_count_as_none)
{
	struct usage_view v = read_doc(
		"{\"usage\":{\"prompt_tokens\":5,\"prompt_tokens_details\":null,"
		"\"completion_tokens_details\":{\"reasoning_tokens\":null}}}");
	ck_assert_int_eq(v.state, USAGE_GIVEN);
	ck_assert_uint_eq(v.tokens.total, 5);
	ck_assert_uint_eq(v.tokens.reasoning, 0);
}
END_TEST

START_TEST(cache_writes_are_read_in_both_spellings_and_never_overlap_the_cached)
{
	struct usage_view v =
		read_doc("{\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,"
			 "\"prompt_tokens_details\":{\"cached_tokens\":2,"
			 "\"cache_write_tokens\":3}}}");
	ck_assert_uint_eq(v.tokens.cache_write, 3);
	v = read_doc("{\"usage\":{\"input_tokens\":9,\"output_tokens\":1,"
		     "\"input_tokens_details\":{\"cache_write_tokens\":8,"
		     "\"cached_tokens\":4}}}");
	ck_assert_uint_eq(v.tokens.cached, 4);
	ck_assert_uint_eq(v.tokens.cache_write, 5);
}
END_TEST

START_TEST(details_never_exceed_their_totals)
{
	struct usage_view v = read_doc(
		"{\"usage\":{\"completion_tokens_details\":{\"reasoning_tokens\":9},"
		"\"prompt_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":6},"
		"\"completion_tokens\":8}}");
	ck_assert_uint_eq(v.tokens.cached, 5);
	ck_assert_uint_eq(v.tokens.reasoning, 8);
}
END_TEST

#define RESPONSES_USAGE                                                                  \
	"\"usage\":{\"input_tokens\":10,\"input_tokens_details\":{\"cached_tokens\":4}," \
	"\"output_tokens\":5,\"output_tokens_details\":{\"reasoning_tokens\":2}}"

static void check_responses(const struct usage_view *v)
{
	ck_assert_int_eq(v->state, USAGE_GIVEN);
	ck_assert_uint_eq(v->tokens.prompt, 10);
	ck_assert_uint_eq(v->tokens.cached, 4);
	ck_assert_uint_eq(v->tokens.completion, 5);
	ck_assert_uint_eq(v->tokens.reasoning, 2);
	ck_assert_uint_eq(v->tokens.total, 15);
	ck_assert_mem_eq(v->model, "m", v->n_model);
}

START_TEST(the_responses_api_is_understood_whole_and_as_event)
{
	struct usage_view v = read_doc("{\"model\":\"m\"," RESPONSES_USAGE "}");
	check_responses(&v);
	ck_assert_uint_gt(v.member_n, 0);
	v = read_doc(
		"{\"type\":\"response.completed\",\"response\":{\"model\":\"m\"," RESPONSES_USAGE
		"}}");
	check_responses(&v);
	ck_assert_uint_eq(v.member_n, 0);
	v = read_doc("{\"type\":\"response.output_text.delta\",\"delta\":\"日本\"}");
	ck_assert_uint_eq(v.n_chars, 2);
}
END_TEST

START_TEST(an_embeddings_reply_has_no_completion_tokens)
{
	struct usage_view v =
		read_doc("{\"object\":\"list\",\"data\":[{\"embedding\":[0.1]}],"
			 "\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}");
	ck_assert_int_eq(v.state, USAGE_GIVEN);
	ck_assert_uint_eq(v.tokens.completion, 0);
	ck_assert_uint_eq(v.tokens.total, 8);
}
END_TEST

START_TEST(usage_deep_in_the_output_is_not_the_usage)
{
	struct usage_view v = read_doc(
		"{\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":{}\","
		"\"usage\":{\"prompt_tokens\":1}}}],\"x\":{\"usage\":{\"prompt_tokens\":1}}}");
	ck_assert_int_eq(v.state, USAGE_ABSENT);
	ck_assert_uint_eq(v.member_n, 0);
}
END_TEST

START_TEST(errors_and_ends_are_seen)
{
	ck_assert(read_doc("{\"error\":{\"message\":\"x\"}}").has_error);
	ck_assert(!read_doc("{\"error\":null}").has_error);
	ck_assert(!read_doc("{\"choices\":[{\"finish_reason\":null}]}").is_finished);
	ck_assert(read_doc("{\"choices\":[{\"finish_reason\":null},"
			   "{\"finish_reason\":\"length\"}]}")
			  .is_finished);
	ck_assert(!read_doc("{\"choices\":[]}").has_choices);
}
END_TEST

START_TEST(words_too_long_are_cut)
{
	char doc[300];
	snprintf(doc, sizeof doc, "{\"id\":\"%0200d\"}", 0);
	ck_assert_uint_eq(read_doc(doc).n_id, USAGE_ID_BYTES - 1);
	struct usage_view v =
		read_doc("{\"model\":\"a long one\",\"response\":{\"model\":\"b\"}}");
	ck_assert_str_eq(v.model, "b");
}
END_TEST

START_TEST(what_is_no_json_object_is_refused)
{
	static const char *const bad[] = {"", "[]", "[DONE]", "{", "{}x",
		"{\"usage\":{\"prompt_tokens\":1}", "{\"usage\":{\"prompt_tokens\":}}",
		"{\"choices\":[}", "{\"id\":}", "{\"usage\":{\"a\":[}}"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct usage_view v;
		ck_assert_msg(!usage_read((struct str){bad[i], strlen(bad[i])}, &v),
			"%s", bad[i]);
	}
}
END_TEST

START_TEST(a_document_without_the_word_is_not_likely)
{
	ck_assert(usage_is_likely(STR("{\"a\":1,\"usage\":null}")));
	ck_assert(!usage_is_likely(STR("{\"a\":\"usage\\\"\"}")));
}
END_TEST

START_TEST(events_of_a_responses_stream_are_known_by_their_type)
{
	static const struct {
		const char *doc;
		enum usage_event event;
		bool has_error;
	} rows[] = {
		{"{\"type\":\"response.completed\",\"response\":{\"error\":null}}",
			USAGE_EVENT_COMPLETED, false},
		{"{\"type\":\"response.incomplete\"}", USAGE_EVENT_INCOMPLETE, false},
		{"{\"type\":\"response.failed\",\"response\":{\"error\":{}}}",
			USAGE_EVENT_FAILED, true},
		{"{\"type\":\"error\",\"message\":\"x\"}", USAGE_EVENT_ERROR, false},
		{"{\"type\":\"response.created\",\"response\":{\"type\":\"error\"}}",
			USAGE_EVENT_BEGUN, false},
		{"{\"type\":\"response.output_text.delta\"}", USAGE_EVENT_OTHER, false},
		{"{\"type\":7}", USAGE_EVENT_OTHER, false},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct usage_view v = read_doc(rows[i].doc);
		ck_assert_msg(v.event == rows[i].event, "%s", rows[i].doc);
		ck_assert_msg(v.has_error == rows[i].has_error, "%s", rows[i].doc);
	}
}
END_TEST

START_TEST(sequence_and_state_of_a_response_are_read)
{
	struct usage_view v = read_doc("{\"sequence_number\":41,\"response\":{"
				       "\"status\":\"in_progress\"}}");
	ck_assert(v.has_sequence && v.is_running);
	ck_assert_uint_eq(v.sequence, 41);
	v = read_doc("{\"sequence_number\":-1,\"status\":\"completed\"}");
	ck_assert(!v.has_sequence && !v.is_running);
	ck_assert(read_doc("{\"status\":\"queued\"}").is_running);
	ck_assert(read_doc("{\"response\":{\"background\":true}}").is_background);
	ck_assert(!read_doc("{\"background\":false}").is_background);
}
END_TEST

START_TEST(the_output_of_a_whole_response_is_counted_once)
{
	static const char output[] =
		"\"output\":[{\"type\":\"message\",\"content\":[{\"type\":"
		"\"output_text\",\"text\":\"12345\"}]},{\"type\":\"function_call\","
		"\"arguments\":\"{}\"}]";
	char doc[512];
	snprintf(doc, sizeof doc, "{\"object\":\"response\",%s}", output);
	ck_assert_uint_eq(read_doc(doc).n_chars, 7);
	snprintf(doc, sizeof doc, "{\"response\":{%s}}", output);
	ck_assert_uint_eq(read_doc(doc).n_chars, 0); /* its deltas were */
	ck_assert_uint_eq(read_doc("{\"delta\":\"abc\"}").n_chars, 3);
}
END_TEST

START_TEST(the_place_of_an_error_is_told)
{
	static const char *const docs[] = {"{\"a\":1,\"error\": {\"x\":[1]} ,\"b\":2}",
		"{\"response\":{\"id\":\"r\",\"error\":{\"x\":[1]}}}"};
	for (size_t i = 0; i < N_ELEMENTS(docs); i++) {
		struct usage_view v = read_doc(docs[i]);
		ck_assert_uint_eq(v.error_n, strlen("{\"x\":[1]}"));
		ck_assert_mem_eq(docs[i] + v.error_at, "{\"x\":[1]}", v.error_n);
	}
	ck_assert_uint_eq(read_doc("{\"error\":null}").error_n, 0);
	static const char twice[] = "{\"error\":\"a\",\"response\":{\"error\":\"b\"}}";
	struct usage_view v = read_doc(twice);
	ck_assert_uint_eq(v.error_at, strlen("{\"error\":"));
	ck_assert_uint_eq(v.error_at + v.error_n, strlen(twice) - 2);
}
END_TEST

UNIT_MAIN("usage", events_of_a_responses_stream_are_known_by_their_type,
	sequence_and_state_of_a_response_are_read,
	the_output_of_a_whole_response_is_counted_once, the_place_of_an_error_is_told,
	a_whole_completion_is_read_in_one_scan,
	missing_and_null_are_absent_and_zero_is_a_value,
	counts_that_cannot_be_are_unusable, a_second_usage_makes_both_unusable,
	null_details_count_as_none,
	cache_writes_are_read_in_both_spellings_and_never_overlap_the_cached,
	details_never_exceed_their_totals,
	the_responses_api_is_understood_whole_and_as_event,
	an_embeddings_reply_has_no_completion_tokens,
	usage_deep_in_the_output_is_not_the_usage, errors_and_ends_are_seen,
	words_too_long_are_cut, what_is_no_json_object_is_refused,
	a_document_without_the_word_is_not_likely)

/* Bodies of completions, embeddings and relayed paths: texts, tokens, choices. */
#include "../unit.h"
#include "text/request_view.h"

#include <string.h>

static struct request_view view_of(request_viewer *parse, const char *body)
{
	struct request_view v;
	struct apierr e;
	bool is_fine = parse((struct str){body, strlen(body)}, &v, &e);
	ck_assert_msg(is_fine, "%s: %s", body, is_fine ? "" : e.message);
	return v;
}

static void check_refused(request_viewer *parse, const char *body,
	enum apierr_reason reason, const char *param)
{
	struct request_view v;
	struct apierr e;
	ck_assert_msg(!parse((struct str){body, strlen(body)}, &v, &e), "%s", body);
	ck_assert_msg(e.reason == reason, "%s: %s", body, e.message);
	ck_assert_msg(strcmp(e.param, param) == 0, "%s: %s", body, e.param);
}

START_TEST(texts_and_tokens_are_counted)
{
	static const struct {
		const char *body;
		size_t n_items, n_chars;
	} rows[] = {
		{"{\"model\":\"m\",\"input\":\"abcde\"}", 1, 5},
		{"{\"model\":\"m\",\"input\":[\"ab\",\"日\"]}", 2, 3},
		{"{\"model\":\"m\",\"input\":[1,22,333]}", 1, 12},
		{"{\"model\":\"m\",\"input\":[[1,2],[3]]}", 2, 12},
		{"{\"model\":\"m\",\"input\":[]}", 1, 0},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct request_view v = view_of(request_view_embeddings, rows[i].body);
		ck_assert_uint_eq(v.n_items, rows[i].n_items);
		ck_assert_uint_eq(v.n_prompt_chars, rows[i].n_chars);
		ck_assert_uint_eq(v.n_choices, 1);
	}
}
END_TEST

START_TEST(embeddings_have_an_input_and_no_stream)
{
	check_refused(request_view_embeddings, "{\"model\":\"m\"}",
		APIERR_MISSING_PARAM, "input");
	check_refused(request_view_embeddings, "{\"model\":\"m\",\"input\":{}}",
		APIERR_INVALID_TYPE, "input");
	check_refused(request_view_embeddings, "{\"model\":\"m\",\"input\":[[[1]]]}",
		APIERR_INVALID_TYPE, "input");
	check_refused(request_view_embeddings, "{\"model\":\"m\",\"input\":[1,",
		APIERR_INVALID_JSON, "");
	struct request_view v = view_of(request_view_embeddings,
		"{\"model\":\"m\",\"input\":\"x\",\"stream\":true,"
		"\"encoding_format\":\"base64\"}");
	ck_assert(!v.is_stream);
}
END_TEST

START_TEST(each_prompt_gets_all_choices)
{
	struct request_view v = view_of(request_view_completions,
		"{\"model\":\"m\",\"prompt\":[\"a\",\"b\",\"c\"],\"n\":2,\"best_of\":5,"
		"\"suffix\":\"xy\",\"max_tokens\":7,\"logprobs\":3}");
	ck_assert_uint_eq(v.n_choices, 15);
	ck_assert_uint_eq(v.n_prompt_chars, 5);
	ck_assert_uint_eq(v.max_tokens, 7);
	v = view_of(request_view_completions, "{\"model\":\"m\",\"prompt\":null}");
	ck_assert_uint_eq(v.n_choices, 1);
	check_refused(request_view_completions, "{\"model\":\"m\",\"suffix\":1}",
		APIERR_INVALID_TYPE, "suffix");
}
END_TEST

START_TEST(a_streamed_completion_is_told_to_report_usage)
{
	static const char body[] = "{\"model\":\"m\",\"stream\":true}";
	char out[128] = {0};
	struct request_view v = view_of(request_view_completions, body);
	edit_apply((struct str){body, sizeof body - 1}, &v.edit, out);
	ck_assert_str_eq(out, "{\"stream_options\":{\"include_usage\":true},"
			      "\"model\":\"m\",\"stream\":true}");
}
END_TEST

START_TEST(a_relayed_body_needs_nothing_and_counts_whole)
{
	static const char body[] = "{\"input\":[{\"type\":\"image_url\"}]}";
	struct request_view v = view_of(request_view_relayed, body);
	ck_assert_str_eq(v.model, "");
	ck_assert_uint_eq(v.n_prompt_chars, sizeof body - 1);
	ck_assert(!v.is_stream && v.has_unseen_prompt);
	v = view_of(request_view_relayed,
		"{\"model\":\"m\",\"endpoint\":\"/v1/responses\"}");
	ck_assert_str_eq(v.model, "m");
	check_refused(request_view_relayed, "{\"endpoint\":\"http://evil/\"}",
		APIERR_UNKNOWN_FIELD_HOST, "endpoint");
	check_refused(request_view_relayed, "[]", APIERR_INVALID_TYPE, "");
}
END_TEST

UNIT_MAIN("request_members", texts_and_tokens_are_counted,
	embeddings_have_an_input_and_no_stream, each_prompt_gets_all_choices,
	a_streamed_completion_is_told_to_report_usage,
	a_relayed_body_needs_nothing_and_counts_whole)

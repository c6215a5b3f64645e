/* The view of a chat request, its refusals, and its smallest edit. */
#include "../unit.h"
#include "text/request_view.h"

#include <stdio.h>
#include <string.h>

#define MESSAGES "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static bool parse(const char *body, struct request_view *v, struct apierr *e)
{
	return request_view_chat((struct str){body, strlen(body)}, v, e);
}

static struct request_view view_of(const char *body)
{
	struct request_view v;
	struct apierr e;
	bool is_fine = parse(body, &v, &e);
	ck_assert_msg(is_fine, "%s: %s", body, is_fine ? "" : e.message);
	return v;
}

/* A body with a model, a message, and these members besides. */
static const char *with(const char *members, char body[static 512])
{
	snprintf(body, 512, "{\"model\":\"m\"," MESSAGES "%s%s}",
		members[0] != '\0' ? "," : "", members);
	return body;
}

static void check_refused(
	const char *body, enum apierr_reason reason, const char *param)
{
	struct request_view v;
	struct apierr e;
	ck_assert_msg(!parse(body, &v, &e), "%s", body);
	ck_assert_msg(e.reason == reason, "%s: %s", body, e.message);
	ck_assert_msg(strcmp(e.param, param) == 0, "%s: %s", body, e.param);
	ck_assert_uint_gt(strlen(e.message), 0);
}

START_TEST(the_few_fields_are_read)
{
	struct request_view v = view_of(
		" {\"mod\\u0065l\":\"gpt-4o\",\"stream\":true,\"max_completion_tokens\":7,"
		"\"max_tokens\":5,\"n\":2,\"service_tier\":\"flex\","
		"\"user\":\"bob\",\"temperature\":0.5,\"unknown\":{\"base_url\":[1]},"
		"\"messages\":[{\"role\":\"system\",\"content\":\"a\\nb\"},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"日本\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://x/\"}}]},"
		"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[1]}],"
		"\"tools\":[ ]} ");
	ck_assert_str_eq(v.model, "gpt-4o");
	ck_assert(v.is_stream && v.has_max_tokens && !v.wants_usage);
	ck_assert_uint_eq(v.max_tokens, 7);
	ck_assert_uint_eq(v.n_choices, 2);
	ck_assert_str_eq(v.tier, "flex");
	ck_assert_str_eq(v.session, "bob");
	ck_assert_uint_eq(v.n_items, 3);
	ck_assert_uint_eq(v.n_prompt_chars, 5);
	ck_assert_uint_eq(v.n_schema_bytes, 6);
}
END_TEST

START_TEST(null_stands_for_absent)
{
	char body[512];
	struct request_view v =
		view_of(with("\"stream\":null,\"stream_options\":null,"
			     "\"max_tokens\":null,\"n\":null,\"user\":null,"
			     "\"service_tier\":null",
			body));
	ck_assert(!v.is_stream && !v.has_max_tokens);
	ck_assert_uint_eq(v.n_choices, 1);
	ck_assert_str_eq(v.session, "");
	ck_assert_str_eq(v.tier, "");
}
END_TEST

START_TEST(session_hints_have_a_rank)
{
	char body[512];
	struct request_view v =
		view_of(with("\"prompt_cache_key\":\"c\",\"safety_identifier\":\"b\","
			     "\"user\":\"a\"",
			body));
	ck_assert_str_eq(v.session, "a");
	v = view_of(
		with("\"prompt_cache_key\":\"c\",\"safety_identifier\":\"\"", body));
	ck_assert_str_eq(v.session, "c");
}
END_TEST

START_TEST(session_hints_unfit_for_a_line_are_named_by_their_hash)
{
	char body[512], members[200];
	struct request_view a = view_of(with("\"user\":\"a\\nb\"", body));
	ck_assert_uint_eq(strlen(a.session), 32);
	snprintf(members, sizeof members, "\"user\":\"%0*d\"",
		REQUEST_SESSION_BYTES - 1, 0);
	ck_assert_uint_eq(strlen(view_of(with(members, body)).session),
		REQUEST_SESSION_BYTES - 1);
	snprintf(
		members, sizeof members, "\"user\":\"%0*d\"", REQUEST_SESSION_BYTES, 0);
	struct request_view b = view_of(with(members, body));
	ck_assert_uint_eq(strlen(b.session), 32);
	ck_assert_str_ne(a.session, b.session);
}
END_TEST

START_TEST(bad_json_is_refused_with_the_byte)
{
	struct request_view v;
	struct apierr e;
	ck_assert(!parse("{\"model\":\"m\" \"x\":1}", &v, &e));
	ck_assert_int_eq(e.reason, APIERR_INVALID_JSON);
	ck_assert_str_eq(e.message, "Invalid JSON at byte 13: a comma is missing.");
}
END_TEST

START_TEST(bad_json_is_refused_wherever_it_stands)
{
	static const char *const bad[] = {"", "{", "{\"model\":\"m\"," MESSAGES "}x",
		"{\"model\":}", "{\"messages\":[}", "{\"messages\":[{\"content\":[}",
		"{\"messages\":[{\"content\":[{\"text\":}", "{\"stream\":tru}",
		"{\"n\":01}", "{\"tools\":[1,]}", "{\"stream_options\":{\"x\":}}",
		"{\"stream_options\":{,}}", "{\"unknown\":[1}", "{\"user\":\"\xff\"}"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		check_refused(bad[i], APIERR_INVALID_JSON, "");
}
END_TEST

START_TEST(what_is_required_is_named)
{
	check_refused("[]", APIERR_INVALID_TYPE, "");
	check_refused("{}", APIERR_MISSING_PARAM, "model");
	check_refused("{\"model\":\"m\"}", APIERR_MISSING_PARAM, "messages");
	check_refused("{\"model\":\"\"}", APIERR_INVALID_VALUE, "model");
	check_refused("{\"model\":null}", APIERR_INVALID_TYPE, "model");
	check_refused("{\"messages\":[]}", APIERR_INVALID_VALUE, "messages");
	check_refused("{\"messages\":{}}", APIERR_INVALID_TYPE, "messages");
}
END_TEST

START_TEST(wrong_types_and_values_name_their_parameter)
{
	static const struct {
		const char *members;
		enum apierr_reason reason;
		const char *param;
	} rows[] = {
		{"\"stream\":\"true\"", APIERR_INVALID_TYPE, "stream"},
		{"\"stream_options\":[]", APIERR_INVALID_TYPE, "stream_options"},
		{"\"stream_options\":{\"include_usage\":1}", APIERR_INVALID_TYPE,
			"stream_options.include_usage"},
		{"\"max_tokens\":\"5\"", APIERR_INVALID_TYPE, "max_tokens"},
		{"\"max_tokens\":0", APIERR_INVALID_VALUE, "max_tokens"},
		{"\"max_completion_tokens\":-5", APIERR_INVALID_VALUE,
			"max_completion_tokens"},
		{"\"max_tokens\":1.5", APIERR_INVALID_VALUE, "max_tokens"},
		{"\"max_completion_tokens\":-1", APIERR_INVALID_VALUE,
			"max_completion_tokens"},
		{"\"max_tokens\":18446744073709551616", APIERR_INVALID_VALUE,
			"max_tokens"},
		{"\"max_tokens\":1099511627777", APIERR_INVALID_VALUE, "max_tokens"},
		{"\"n\":1e2", APIERR_INVALID_VALUE, "n"},
		{"\"user\":7", APIERR_INVALID_TYPE, "user"},
		{"\"prompt_cache_key\":{}", APIERR_INVALID_TYPE, "prompt_cache_key"},
		{"\"service_tier\":true", APIERR_INVALID_TYPE, "service_tier"},
		{"\"service_tier\":\"a\\u0000b\"", APIERR_INVALID_VALUE,
			"service_tier"},
	};
	char body[512];
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		check_refused(
			with(rows[i].members, body), rows[i].reason, rows[i].param);
}
END_TEST

START_TEST(messages_of_the_wrong_shape_are_named_by_their_place)
{
	static const struct {
		const char *body, *param;
	} rows[] = {
		{"{\"messages\":[{},1]}", "messages[1]"},
		{"{\"messages\":[{},{\"content\":1}]}", "messages[1].content"},
		{"{\"messages\":[{\"content\":[\"a\"]}]}", "messages[0].content[]"},
		{"{\"messages\":[{\"content\":[{\"text\":1}]}]}",
			"messages[0].content[].text"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		check_refused(rows[i].body, APIERR_INVALID_TYPE, rows[i].param);
}
END_TEST

START_TEST(a_key_that_is_read_may_stand_only_once)
{
	char body[512];
	check_refused(
		with("\"mod\\u0065l\":\"x\"", body), APIERR_INVALID_VALUE, "model");
	check_refused(with(MESSAGES, body), APIERR_INVALID_VALUE, "messages");
	check_refused(with("\"n\":1,\"n\":1", body), APIERR_INVALID_VALUE, "n");
	check_refused(with("\"stream_options\":{\"include_usage\":true,"
			   "\"include_usage\":false}",
			      body),
		APIERR_INVALID_VALUE, "stream_options.include_usage");
	check_refused("{\"messages\":[{\"content\":\"a\",\"content\":\"b\"}]}",
		APIERR_INVALID_VALUE, "messages[0].content");
	view_of(with("\"other\":1,\"other\":2", body));
}
END_TEST

START_TEST(a_field_that_names_a_host_is_refused)
{
	char body[512];
	check_refused(with("\"api_base\":\"http://evil/\"", body),
		APIERR_UNKNOWN_FIELD_HOST, "api_base");
	check_refused(with("\"extra_body\":{\"a\":[{\"baseURL\":1}]}", body),
		APIERR_UNKNOWN_FIELD_HOST, "baseURL");
	view_of(with("\"metadata\":{\"api_base\":\"x\"}", body));
	view_of(with(
		"\"tools\":[{\"function\":{\"parameters\":{\"host\":{}}}}]", body));
}
END_TEST

START_TEST(prompt_that_is_not_in_the_body_is_noticed)
{
	static const char *const parts[] = {"{\"image_url\":{\"url\":\"x\"}}",
		"{\"input_audio\":{}}", "{\"file\":{}}"};
	char body[512];
	ck_assert(!view_of(with("\"n\":1", body)).has_unseen_prompt);
	for (size_t i = 0; i < N_ELEMENTS(parts); i++) {
		snprintf(body, sizeof body,
			"{\"model\":\"m\",\"messages\":[{\"content\":[%s]}]}",
			parts[i]);
		ck_assert_msg(view_of(body).has_unseen_prompt, "%s", body);
	}
	ck_assert(view_of(with("\"web_search_options\":{}", body)).has_unseen_prompt);
}
END_TEST

START_TEST(a_model_name_has_a_bound)
{
	char body[512];
	snprintf(body, sizeof body, "{\"model\":\"%0*d\"," MESSAGES "}",
		REQUEST_MODEL_BYTES - 1, 0);
	ck_assert_uint_eq(strlen(view_of(body).model), REQUEST_MODEL_BYTES - 1);
	snprintf(body, sizeof body, "{\"model\":\"%0*d\"," MESSAGES "}",
		REQUEST_MODEL_BYTES, 0);
	check_refused(body, APIERR_INVALID_VALUE, "model");
}
END_TEST

/* ---- the edit -------------------------------------------------------------- */

static void check_edit(const char *members, const char *want_members)
{
	char body[512], want[512], out[600] = {0};
	struct request_view v = view_of(with(members, body));
	struct str s = {body, strlen(body)};
	with(want_members, want);
	ck_assert_uint_eq(edit_size(s, &v.edit), strlen(want));
	edit_apply(s, &v.edit, out);
	ck_assert_str_eq(out, want);
}

START_TEST(a_stream_without_options_gets_them_first)
{
	const char *body = " {\"model\":\"m\"," MESSAGES ",\"stream\":true}";
	char out[256] = {0};
	struct request_view v = view_of(body);
	edit_apply((struct str){body, strlen(body)}, &v.edit, out);
	ck_assert_str_eq(out,
		" {\"stream_options\":{\"include_usage\":true},\"model\":\"m\"," MESSAGES
		",\"stream\":true}");
}
END_TEST

START_TEST(options_that_are_there_are_completed)
{
	check_edit("\"stream\":true,\"stream_options\":{}",
		"\"stream\":true,\"stream_options\":{\"include_usage\":true}");
	check_edit("\"stream_options\":{ \"x\":1},\"stream\":true",
		"\"stream_options\":{\"include_usage\":true, \"x\":1},\"stream\":true");
	check_edit("\"stream\":true,\"stream_options\":null",
		"\"stream\":true,\"stream_options\":{\"include_usage\":true}");
	check_edit("\"stream\":true,\"stream_options\":{\"include_usage\": false }",
		"\"stream\":true,\"stream_options\":{\"include_usage\": true }");
	check_edit(
		"\"stream\":true,\"stream_options\":{\"x\":{},\"include_usage\":null}",
		"\"stream\":true,\"stream_options\":{\"x\":{},\"include_usage\":true}");
}
END_TEST

START_TEST(a_body_that_needs_no_edit_stays)
{
	static const char *const members[] = {"", "\"stream\":false",
		"\"stream_options\":{\"include_usage\":false}",
		"\"stream\":true,\"stream_options\":{\"include_usage\":true}"};
	for (size_t i = 0; i < N_ELEMENTS(members); i++)
		check_edit(members[i], members[i]);
}
END_TEST

START_TEST(only_a_stream_that_asks_wants_usage)
{
	char body[512];
	static const char asks[] = "\"stream_options\":{\"include_usage\":true}";
	ck_assert(!view_of(with(asks, body)).wants_usage);
	char both[128];
	snprintf(both, sizeof both, "\"stream\":true,%s", asks);
	ck_assert(view_of(with(both, body)).wants_usage);
}
END_TEST

UNIT_MAIN("request_chat", the_few_fields_are_read, null_stands_for_absent,
	session_hints_have_a_rank,
	session_hints_unfit_for_a_line_are_named_by_their_hash,
	bad_json_is_refused_with_the_byte, bad_json_is_refused_wherever_it_stands,
	what_is_required_is_named, wrong_types_and_values_name_their_parameter,
	messages_of_the_wrong_shape_are_named_by_their_place,
	a_key_that_is_read_may_stand_only_once, a_field_that_names_a_host_is_refused,
	prompt_that_is_not_in_the_body_is_noticed, a_model_name_has_a_bound,
	a_stream_without_options_gets_them_first, options_that_are_there_are_completed,
	a_body_that_needs_no_edit_stays, only_a_stream_that_asks_wants_usage)

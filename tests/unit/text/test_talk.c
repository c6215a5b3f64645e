/* Bodies of /chat/complete and /chat/stream. */
#include "../unit.h"
#include "text/talk.h"

#include <string.h>

static struct talk talk;
static struct apierr error;

static bool parse(const char *body)
{
	return talk_parse((struct str){body, strlen(body)}, &talk, &error);
}

static const char *written(void)
{
	static char out[512];
	size_t n = talk_size(&talk);
	ck_assert_uint_lt(n, sizeof out);
	talk_write(&talk, out);
	out[n] = '\0';
	return out;
}

START_TEST(a_message_becomes_what_a_user_says)
{
	ck_assert(parse("{\"message\":\"Say \\\"hi\\\"\\nnow\"}"));
	ck_assert_str_eq(
		written(), "{\"role\":\"user\",\"content\":\"Say \\\"hi\\\"\\nnow\"}");
	ck_assert_str_eq(talk.title, "Say \"hi\"");
	ck_assert(!talk.has_after && talk.session[0] == '\0' && talk.system.p == NULL);
}
END_TEST

START_TEST(messages_stay_as_they_are)
{
	ck_assert(parse("{\"messages\":[{\"role\":\"system\",\"content\":[{\"x\":1}]},"
			"{\"content\":\"Hello\",\"role\":\"user\"}]}"));
	ck_assert_str_eq(written(), "{\"role\":\"system\",\"content\":[{\"x\":1}]},"
				    "{\"content\":\"Hello\",\"role\":\"user\"}");
	ck_assert_str_eq(talk.title, "Hello");
}
END_TEST

START_TEST(everything_else_is_read)
{
	ck_assert(
		parse("{\"message\":\"m\",\"session_id\":\"chat_1.a:b-c\",\"after\":"
		      "\"req_00\",\"model\":\"gpt-4o\",\"system\":\"Be \\\"brief\\\"\","
		      "\"temperature\":0.25,\"max_tokens\":64,\"priority\":\"low\"}"));
	ck_assert_str_eq(talk.session, "chat_1.a:b-c");
	ck_assert(talk.has_after);
	ck_assert_str_eq(talk.after, "req_00");
	ck_assert_str_eq(talk.model, "gpt-4o");
	ck_assert_str_eq(talk.priority, "low");
	ck_assert_uint_eq(talk.n_max_tokens, 64);
	ck_assert(
		talk.temperature.n == 4 && memcmp(talk.temperature.p, "0.25", 4) == 0);
	ck_assert(talk.system.n == strlen("Be \\\"brief\\\""));
	ck_assert(parse("{\"message\":\"m\",\"model\":null,\"after\":\"\"}"));
	ck_assert(talk.model[0] == '\0' && talk.has_after && talk.after[0] == '\0');
}
END_TEST

START_TEST(what_is_wrong_is_said_with_its_name)
{
	static const struct {
		const char *body;
		enum apierr_reason reason;
		const char *param;
	} wrong[] = {
		{"", APIERR_INVALID_JSON, ""},
		{"[]", APIERR_INVALID_TYPE, ""},
		{"{}", APIERR_MISSING_PARAM, "message"},
		{"{\"message\":\"a\"} x", APIERR_INVALID_JSON, ""},
		{"{\"message\":\"\"}", APIERR_INVALID_VALUE, "message"},
		{"{\"message\":1}", APIERR_INVALID_TYPE, "message"},
		{"{\"message\":\"a\",\"message\":\"b\"}", APIERR_INVALID_VALUE,
			"message"},
		{"{\"message\":\"a\",\"messages\":[{\"role\":\"user\"}]}",
			APIERR_MISSING_PARAM, "message"},
		{"{\"messages\":[]}", APIERR_INVALID_VALUE, "messages"},
		{"{\"messages\":[1]}", APIERR_INVALID_TYPE, "messages"},
		{"{\"messages\":[{\"content\":\"a\"}]}", APIERR_MISSING_PARAM,
			"messages"},
		{"{\"messages\":{}}", APIERR_INVALID_TYPE, "messages"},
		{"{\"message\":\"a\",\"session_id\":\"a b\"}", APIERR_INVALID_VALUE,
			"session_id"},
		{"{\"message\":\"a\",\"session_id\":\"\"}", APIERR_INVALID_VALUE,
			"session_id"},
		{"{\"message\":\"a\",\"temperature\":\"1\"}", APIERR_INVALID_TYPE,
			"temperature"},
		{"{\"message\":\"a\",\"max_tokens\":0}", APIERR_INVALID_TYPE,
			"max_tokens"},
		{"{\"message\":\"a\",\"base_url\":\"http://x\"}", APIERR_INVALID_VALUE,
			""},
		{"{\"message\":\"a\",\"messages\":[{\"role\":\"u\"}",
			APIERR_INVALID_JSON, ""},
	};
	for (size_t i = 0; i < N_ELEMENTS(wrong); i++) {
		ck_assert_msg(!parse(wrong[i].body), "%s", wrong[i].body);
		ck_assert_msg(error.reason == wrong[i].reason, "%s: %s", wrong[i].body,
			error.message);
		ck_assert_str_eq(error.param, wrong[i].param);
	}
}
END_TEST

START_TEST(a_title_is_one_line_and_whole_characters)
{
	char out[TALK_TITLE_BYTES], text[2 * TALK_TITLE_BYTES];
	talk_title(STR("  \n one\ttwo\nthree"), out);
	ck_assert_str_eq(out, "one");
	for (size_t i = 0; i + 1 < sizeof text; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	talk_title((struct str){text, sizeof text}, out);
	ck_assert_uint_eq(strlen(out), TALK_TITLE_BYTES - 2);
	talk_title(STR(""), out);
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(tools_are_all_none_or_named)
{
	char name[TALK_WORD_BYTES];
	size_t at = 0;
	ck_assert(parse("{\"message\":\"x\"}") && !talk.wants_tools);
	ck_assert(parse("{\"message\":\"x\",\"tools\":false}") && !talk.wants_tools);
	ck_assert(parse("{\"message\":\"x\",\"tools\":true}") && talk.wants_tools);
	ck_assert(!talk_next_tool(&talk, &at, name));
	ck_assert(parse("{\"tools\":[ \"cost\", \"time\" ],\"message\":\"x\"}"));
	ck_assert(talk.wants_tools && talk_next_tool(&talk, &at, name));
	ck_assert_str_eq(name, "cost");
	ck_assert(talk_next_tool(&talk, &at, name));
	ck_assert_str_eq(name, "time");
	ck_assert(!talk_next_tool(&talk, &at, name));
	at = 0;
	ck_assert(parse("{\"tools\":[],\"message\":\"x\"}"));
	ck_assert(talk.wants_tools && !talk_next_tool(&talk, &at, name));
	ck_assert(!parse("{\"message\":\"x\",\"tools\":[\"a\\\"b\"]}"));
	ck_assert(!parse("{\"message\":\"x\",\"tools\":[1]}"));
	ck_assert(!parse("{\"message\":\"x\",\"tools\":\"cost\"}"));
	ck_assert_str_eq(error.param, "tools");
}
END_TEST

UNIT_MAIN("talk", a_message_becomes_what_a_user_says, messages_stay_as_they_are,
	everything_else_is_read, what_is_wrong_is_said_with_its_name,
	a_title_is_one_line_and_whole_characters, tools_are_all_none_or_named)

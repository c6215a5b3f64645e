/* Chats in the words of the Responses API. */
#include "../unit.h"
#include "text/responses.h"
#include "text/scan.h"

#include <string.h>

static char buf[8192];

static const char *input(const char *messages)
{
	static char out[8192];
	struct jsonw w;
	struct str json;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_begin_array(&w);
	if (!responses_input(&w, (struct str){messages, strlen(messages)}))
		return "none";
	jsonw_end_array(&w);
	ck_assert(jsonw_done(&w, &json));
	memcpy(out, json.p, json.n);
	out[json.n] = '\0';
	return out;
}

START_TEST(words_go_through_as_they_stand)
{
	ck_assert_str_eq(input(""), "[]");
	ck_assert_str_eq(input("{\"role\":\"user\",\"content\":\"a\\n\\u00e9\"},"
			       "{\"content\":\"b\",\"role\":\"assistant\"} , \n"
			       "{\"role\":\"system\",\"name\":\"x\",\"content\":\"\"}"),
		"[{\"type\":\"message\",\"role\":\"user\",\"content\":\"a\\n\\u00e9\"},"
		"{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"b\"},"
		"{\"type\":\"message\",\"role\":\"system\",\"content\":\"\"}]");
}
END_TEST

START_TEST(calls_and_results_become_items)
{
	ck_assert_str_eq(
		input("{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
		      "{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":"
		      "\"cost\",\"arguments\":\"{\\\"x\\\":1}\"}},{\"id\":\"b\","
		      "\"function\":{\"arguments\":\"{}\",\"name\":\"time\"}}]},"
		      "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"5\"},"
		      "{\"role\":\"assistant\",\"content\":\"I look\",\"tool_calls\":[]}"),
		"[{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"cost\","
		"\"arguments\":\"{\\\"x\\\":1}\"},{\"type\":\"function_call\","
		"\"call_id\":\"b\",\"name\":\"time\",\"arguments\":\"{}\"},"
		"{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":\"5\"},"
		"{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"I look\"}]");
}
END_TEST

START_TEST(parts_get_the_names_they_have_there)
{
	ck_assert_str_eq(
		input("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"t\"},"
		      "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:,\","
		      "\"detail\":\"low\"}},{\"type\":\"file\",\"file\":{\"file_id\":"
		      "\"f\"}},{\"type\":\"input_audio\",\"input_audio\":{}}]},"
		      "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":"
		      "\"u\"}]}"),
		"[{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":"
		"\"input_text\",\"text\":\"t\"},{\"type\":\"input_image\",\"image_url\":"
		"\"data:,\",\"detail\":\"low\"},{\"type\":\"input_file\",\"file_id\":\"f\"},"
		"{\"type\":\"input_audio\",\"input_audio\":{}}]},{\"type\":\"message\","
		"\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":"
		"\"u\"}]}]");
}
END_TEST

START_TEST(what_is_no_message_is_none)
{
	static const char *const none[] = {"1", "[]", "{}", "{\"role\":5}",
		"{\"role\":\"user\"", "{\"role\":\"a\"} x"};
	for (size_t i = 0; i < N_ELEMENTS(none); i++)
		ck_assert_msg(strcmp(input(none[i]), "none") == 0, "%s", none[i]);
}
END_TEST

static struct response_part got;

static enum response_event event(const char *data)
{
	responses_read((struct str){data, strlen(data)}, &got);
	return got.event;
}

static bool is(struct str s, const char *want)
{
	return s.n == strlen(want) && memcmp(s.p, want, s.n) == 0;
}

START_TEST(the_words_of_a_stream_are_found)
{
	ck_assert_int_eq(event("{\"type\":\"response.output_text.delta\",\"delta\":"
			       "\"a\\n\",\"item_id\":\"x\"}"),
		RESPONSE_WORDS);
	ck_assert(is(got.words, "a\\n"));
	ck_assert_int_eq(
		event("{\"delta\":\"No.\",\"type\":\"response.refusal.delta\"}"),
		RESPONSE_WORDS);
	ck_assert(is(got.words, "No."));
}
END_TEST

START_TEST(a_call_is_told_when_it_is_whole)
{
	ck_assert_int_eq(
		event("{\"type\":\"response.output_item.done\",\"item\":{\"type\":"
		      "\"function_call\",\"id\":\"fc\",\"call_id\":\"a\",\"name\":\"cost\","
		      "\"arguments\":\"{}\"}}"),
		RESPONSE_CALL);
	ck_assert(is(got.id, "a") && is(got.name, "cost") && is(got.args, "{}"));
	ck_assert_int_eq(event("{\"type\":\"response.output_item.done\",\"item\":"
			       "{\"type\":\"message\",\"content\":[]}}"),
		RESPONSE_OTHER);
}
END_TEST

START_TEST(the_end_says_why_in_the_words_of_chat_completions)
{
	ck_assert_int_eq(event("{\"type\":\"response.completed\",\"response\":{}}"),
		RESPONSE_ENDED);
	ck_assert(is(got.finish, "stop"));
	ck_assert_int_eq(event("{\"type\":\"response.incomplete\",\"response\":{"
			       "\"incomplete_details\":{\"reason\":"
			       "\"max_output_tokens\"}}}"),
		RESPONSE_ENDED);
	ck_assert(is(got.finish, "length"));
	(void)event("{\"type\":\"response.incomplete\",\"response\":{"
		    "\"incomplete_details\":{\"reason\":\"content_filter\"}}}");
	ck_assert(is(got.finish, "content_filter"));
	(void)event("{\"type\":\"response.incomplete\"}");
	ck_assert(is(got.finish, "length"));
}
END_TEST

START_TEST(everything_else_is_passed_by)
{
	static const char *const none[] = {"", "1", "{}", "{\"type\":5}",
		"{\"type\":\"response.created\",\"response\":{}}",
		"{\"type\":\"response.output_text.delta\"}",
		"{\"type\":\"response.output_text.delta\",\"delta\":\"\"}",
		"{\"type\":\"response.output_text.delta\",\"delta\":\"x\"",
		"{\"type\":\"response.output_item.done\"}",
		"{\"type\":\"response.output_item.done\",\"item\":[]}"};
	for (size_t i = 0; i < N_ELEMENTS(none); i++)
		ck_assert_msg(event(none[i]) == RESPONSE_OTHER, "%s", none[i]);
}
END_TEST

UNIT_MAIN("responses", words_go_through_as_they_stand, calls_and_results_become_items,
	parts_get_the_names_they_have_there, what_is_no_message_is_none,
	the_words_of_a_stream_are_found, a_call_is_told_when_it_is_whole,
	the_end_says_why_in_the_words_of_chat_completions, everything_else_is_passed_by)

/* Words of messages. */
#include "../unit.h"
#include "text/messages.h"

#include <stdio.h>
#include <string.h>

static char told[512], buf[512];

/* "role: words|" of each, calls marked. */
static const char *tell(const char *text)
{
	struct messages m;
	struct message_words w;
	size_t n = 0;
	told[0] = '\0';
	messages_init(&m, (struct str){text, strlen(text)}, buf);
	while (messages_next(&m, &w))
		n += (size_t)snprintf(told + n, sizeof told - n,
			STR_FMT "%s: " STR_FMT "|", STR_ARG(w.role),
			w.has_calls ? "!" : "", STR_ARG(w.words));
	return told;
}

START_TEST(each_message_has_its_words_decoded)
{
	ck_assert_str_eq(tell(""), "");
	ck_assert_str_eq(
		tell("{\"role\":\"user\",\"content\":\"a\\n\\u0062 \\\"c\\\"\"},"
		     "{\"content\":null,\"role\":\"assistant\",\"tool_calls\":[{"
		     "\"content\":\"no\"}]} ,\n"
		     "{\"role\":\"tool\",\"content\":\"\"}"),
		"user: a\nb \"c\"|assistant!: |tool: |");
}
END_TEST

START_TEST(texts_of_parts_come_together)
{
	ck_assert_str_eq(
		tell("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"one\"},"
		     "{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}},"
		     "{\"text\":\"two\",\"type\":\"text\"},{\"text\":[\"three\"]},5]}"),
		"user: one\ntwo|");
}
END_TEST

START_TEST(what_is_no_message_ends_it)
{
	ck_assert_str_eq(
		tell("{\"role\":\"user\",\"content\":\"a\"},5,{}"), "user: a|");
	ck_assert_str_eq(tell("[]"), "");
	ck_assert_str_eq(tell("{\"role\":\"user\",\"content\":\"a\""), "");
}
END_TEST

START_TEST(only_ascii_letters_are_folded)
{
	char text[] = "AbZ\u00c9[`{";
	messages_fold(text, strlen(text));
	ck_assert_str_eq(text, "abz\u00c9[`{");
}
END_TEST

UNIT_MAIN("messages", each_message_has_its_words_decoded, texts_of_parts_come_together,
	what_is_no_message_ends_it, only_ascii_letters_are_folded)

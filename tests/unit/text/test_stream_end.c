/* What a client reads when a stream breaks. */
#include "../unit.h"
#include "text/scan.h"
#include "text/stream_end.h"

#include <string.h>

static const char *write_failure(const struct stream_failure *f)
{
	static char buf[STREAM_FAILURE_BYTES + 1];
	size_t n = stream_failure_write(f, buf, STREAM_FAILURE_BYTES);
	buf[n] = '\0';
	return buf;
}

static const struct apierr_words words = {
	.message = STR("It broke."), .type = STR("upstream_error"), .code = STR("cut")};

START_TEST(a_chat_stream_ends_with_an_error_and_done)
{
	struct stream_failure f = {.end = STREAM_END_DONE, .words = words};
	ck_assert_str_eq(write_failure(&f),
		"data: {\"error\":{\"message\":\"It broke.\",\"type\":\"upstream_error\","
		"\"param\":null,\"code\":\"cut\"}}\n\ndata: [DONE]\n\n");
	f.end = STREAM_END_CLOSE;
	ck_assert_ptr_null(strstr(write_failure(&f), "[DONE]"));
}
END_TEST

START_TEST(a_responses_stream_ends_with_response_failed)
{
	struct stream_failure f = {.end = STREAM_END_EVENT,
		.words = words,
		.id = STR("resp_1"),
		.model = STR("gpt-5"),
		.sequence = 7,
		.created_s = 1700000000};
	ck_assert_str_eq(write_failure(&f),
		"event: response.failed\ndata: {\"type\":\"response.failed\","
		"\"sequence_number\":7,\"response\":{\"id\":\"resp_1\","
		"\"object\":\"response\",\"created_at\":1700000000,"
		"\"status\":\"failed\",\"error\":{\"code\":\"cut\","
		"\"message\":\"It broke.\"},\"incomplete_details\":null,"
		"\"model\":\"gpt-5\",\"output\":[],\"usage\":null}}\n\n");
}
END_TEST

START_TEST(the_longest_words_fit)
{
	char message[1024], word[64];
	memset(message, 1, sizeof message);
	memset(word, 1, sizeof word);
	struct str w = {word, sizeof word};
	for (int end = STREAM_END_DONE; end <= STREAM_END_CLOSE; end++) {
		struct stream_failure f = {.end = (enum stream_end)end,
			.words = {{message, sizeof message}, w, w, w},
			.id = w,
			.model = w,
			.sequence = UINT64_MAX,
			.created_s = UINT64_MAX};
		ck_assert_uint_gt(strlen(write_failure(&f)), sizeof message);
	}
}
END_TEST

UNIT_MAIN("stream_end", a_chat_stream_ends_with_an_error_and_done,
	a_responses_stream_ends_with_response_failed, the_longest_words_fit)

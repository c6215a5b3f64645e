/* A request's rows as a story. */
#include "../unit.h"
#include "insight/story.h"

#include <string.h>

static struct story story;

/* A 500 after which a retry was called for, or the request's end. */
static struct row *add(enum attempt_outcome outcome, uint64_t at_ms)
{
	struct row *r = &story.row[story.n++];
	*r = (struct row){.attempt = (uint16_t)story.n,
		.outcome = (uint8_t)outcome,
		.queued_ms = 1000,
		.sent_ms = at_ms,
		.done_ms = at_ms + 100,
		.duration_ns = 100000000};
	return r;
}

static void begin(void)
{
	memset(&story, 0, sizeof story);
	add(OUTCOME_RELEASED, 1000)->status = 500;
}

static const char *tell(void)
{
	static char text[8192];
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, text, sizeof text - 1);
	story_tell(&w, &story);
	ck_assert(jsonw_done(&w, &out));
	text[out.n] = '\0';
	const char *events = strstr(text, "\"story\":");
	ck_assert_ptr_nonnull(events);
	return events;
}

#define ck_assert_tells(part)  ck_assert_ptr_nonnull(strstr(tell(), part))
#define ck_assert_silent(part) ck_assert_ptr_null(strstr(tell(), part))

START_TEST(a_retry_that_was_sent_says_how_much_later)
{
	begin();
	add(OUTCOME_SETTLED_USAGE, 3100)->flags = ROW_FINAL;
	ck_assert_tells("\"next_after_ms\":2000}");
	ck_assert_silent("given_up");
}
END_TEST

START_TEST(a_retry_that_was_never_sent_says_what_ended_its_request)
{
	begin();
	struct row *r = add(OUTCOME_RELEASED, 3100);
	r->done_ms = r->sent_ms;
	r->duration_ns = 0;
	r->flags = ROW_FINAL;
	r->failure = FAILURE_QUEUE_TIMEOUT;
	ck_assert_tells(
		"\"given_up_after_ms\":2000,\"given_up_because\":\"queue_timeout\"}");
	ck_assert_silent("next_after_ms");
}
END_TEST

START_TEST(a_retry_that_still_waits_says_neither)
{
	begin();
	ck_assert_tells("\"event\":\"retry\"");
	ck_assert_silent("next_after_ms");
	ck_assert_silent("given_up");
}
END_TEST

START_TEST(an_outcome_that_nobody_knows_is_not_settled)
{
	begin();
	add(OUTCOME_UNKNOWN, 3100)->flags = ROW_FINAL;
	ck_assert_tells("\"event\":\"settled\",\"attempt\":1");
	ck_assert_tells("\"event\":\"unknown\",\"attempt\":2");
}
END_TEST

UNIT_MAIN("story", a_retry_that_was_sent_says_how_much_later,
	a_retry_that_was_never_sent_says_what_ended_its_request,
	a_retry_that_still_waits_says_neither,
	an_outcome_that_nobody_knows_is_not_settled)

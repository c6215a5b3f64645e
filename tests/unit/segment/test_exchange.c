/* The table of an exchange's moves. */
#include "../unit.h"
#include "segment/exchange.h"

#include <stdatomic.h>
#include <string.h>

static struct exchange x;

static void walk(const enum exchange_state *path, size_t n)
{
	memset(&x, 0, sizeof x);
	exchange_begin(&x);
	for (size_t i = 0; i < n; i++)
		exchange_move(&x, path[i]);
}

START_TEST(only_the_moves_of_the_drawing_are_allowed)
{
	static const char *const allowed[EXCHANGE_STATES] = {
		[EXCHANGE_FREE] = ".D.....",
		[EXCHANGE_DRAFT] = "F.Q....",
		[EXCHANGE_QUEUED] = "...S..X",
		[EXCHANGE_SENT] = "..Q.T.X",
		[EXCHANGE_STREAMING] = ".....OX",
		[EXCHANGE_DONE] = "F......",
		[EXCHANGE_FAILED] = "F......",
	};
	for (unsigned from = 0; from < EXCHANGE_STATES; from++)
		for (unsigned to = 0; to < EXCHANGE_STATES; to++)
			ck_assert_msg(exchange_may_move((enum exchange_state)from,
					      (enum exchange_state)to) ==
					      (allowed[from][to] != '.'),
				"%u -> %u", from, to);
}
END_TEST

START_TEST(a_move_that_is_not_in_the_table_ends_the_process)
{
	walk(NULL, 0);
	exchange_move(&x, EXCHANGE_DONE);
}
END_TEST

START_TEST(each_use_of_a_slot_has_a_generation_of_its_own)
{
	walk((enum exchange_state[]){EXCHANGE_QUEUED}, 1);
	struct exchange_ref r = {0, exchange_generation(&x)};
	ck_assert(exchange_is(&x, r, EXCHANGE_QUEUED));
	exchange_move(&x, EXCHANGE_FAILED);
	exchange_move(&x, EXCHANGE_FREE);
	exchange_begin(&x);
	exchange_move(&x, EXCHANGE_QUEUED);
	ck_assert(!exchange_is(&x, r, EXCHANGE_QUEUED));
	ck_assert_uint_eq(exchange_generation(&x), r.generation + 1);
}
END_TEST

START_TEST(beginning_clears_what_the_last_use_left)
{
	walk((enum exchange_state[]){EXCHANGE_QUEUED, EXCHANGE_FAILED, EXCHANGE_FREE},
		3);
	exchange_abandon(&x);
	x.reply.cost_nanousd = 7;
	x.request.max_tokens = 7;
	exchange_begin(&x);
	ck_assert(!exchange_is_abandoned(&x));
	ck_assert_uint_eq(x.reply.cost_nanousd, 0);
	ck_assert_uint_eq(x.request.max_tokens, 0);
}
END_TEST

START_TEST(a_scribbled_state_counts_as_free)
{
	walk(NULL, 0);
	atomic_store(&x.word, 0xffff);
	ck_assert_int_eq(exchange_state(&x), EXCHANGE_FREE);
}
END_TEST

START_TEST(ids_survive_their_text_and_sort_by_time)
{
	uint8_t a[EXCHANGE_ID_BYTES], b[EXCHANGE_ID_BYTES], back[EXCHANGE_ID_BYTES];
	char text[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_make(1000, a);
	exchange_id_make(1001, b);
	ck_assert_int_lt(memcmp(a, b, sizeof a), 0);
	exchange_id_format(a, text);
	ck_assert(exchange_id_parse((struct str){text, strlen(text)}, back));
	ck_assert_mem_eq(a, back, sizeof a);
	text[10] = 'g';
	ck_assert(!exchange_id_parse((struct str){text, strlen(text)}, back));
	ck_assert(!exchange_id_parse(STR("req_00"), back));
}
END_TEST

START_TEST(hints_carry_slot_and_generation)
{
	struct exchange_ref r = {4711, 0xfffffff0}, back;
	back = exchange_ref_of_hint(exchange_hint(r));
	ck_assert_uint_eq(back.slot, r.slot);
	ck_assert_uint_eq(back.generation, r.generation);
}
END_TEST

START_TEST(what_was_never_sent_has_waited_until_its_end)
{
	struct exchange late = {.request.queued_ns = 1000};
	ck_assert_uint_eq(exchange_waited_ns(&late), 0);
	late.reply.done_ns = 4000;
	ck_assert_uint_eq(exchange_waited_ns(&late), 3000);
	late.reply.sent_ns = 1500;
	ck_assert_uint_eq(exchange_waited_ns(&late), 500);
}
END_TEST

START_TEST(what_is_relayed_spends_only_by_a_body)
{
	struct exchange_request q = {.api = API_RELAYED};
	ck_assert(!exchange_spends(&q) && !exchange_writes(&q));
	q.body_bytes = 2;
	ck_assert(exchange_spends(&q) && exchange_writes(&q));
	q.api = API_EMBEDDINGS;
	ck_assert(exchange_spends(&q) && !exchange_writes(&q));
	q = (struct exchange_request){.api = API_CHAT_COMPLETIONS};
	ck_assert(exchange_spends(&q) && exchange_writes(&q));
}
END_TEST

START_TEST(an_attempt_is_the_last_from_its_mark_to_the_next_one)
{
	struct exchange it = {.reply.failure = FAILURE_NONE};
	ck_assert_uint_eq(exchange_open_attempt(&it), 1);
	ck_assert(!exchange_attempt_is_last(&it));
	exchange_decide_attempt(&it, true);
	exchange_close_attempt(&it);
	ck_assert(exchange_attempt_is_last(&it) && !exchange_attempt_is_open(&it));
	ck_assert(!exchange_attempt_is_retried(&it));
	ck_assert_uint_eq(exchange_open_attempt(&it), 2);
	ck_assert(!exchange_attempt_is_last(&it) && exchange_attempt_is_open(&it));
}
END_TEST

START_TEST(a_request_owes_its_end_while_it_waits_for_another_attempt)
{
	walk((enum exchange_state[]){EXCHANGE_QUEUED}, 1);
	ck_assert_msg(!exchange_owes_end(&x), "never tried");
	exchange_open_attempt(&x);
	ck_assert_msg(exchange_owes_end(&x), "its intent may stand");
	exchange_move(&x, EXCHANGE_SENT);
	ck_assert_msg(
		!exchange_owes_end(&x), "the ledger knows of an attempt that is out");
	exchange_decide_attempt(&x, false);
	exchange_close_attempt(&x);
	ck_assert(exchange_owes_end(&x));
	exchange_move(&x, EXCHANGE_QUEUED);
	ck_assert(exchange_owes_end(&x));
	exchange_open_attempt(&x);
	exchange_decide_attempt(&x, true);
	ck_assert_msg(exchange_owes_end(&x), "its settle may be missing");
	exchange_close_attempt(&x);
	ck_assert_msg(!exchange_owes_end(&x), "its settle says so");
	exchange_move(&x, EXCHANGE_FAILED);
	ck_assert(!exchange_owes_end(&x));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("exchange");
	TCase *tc = tcase_create("exchange");
	tcase_add_test(tc, only_the_moves_of_the_drawing_are_allowed);
	tcase_add_test_raise_signal(
		tc, a_move_that_is_not_in_the_table_ends_the_process, 6 /* SIGABRT */);
	tcase_add_test(tc, each_use_of_a_slot_has_a_generation_of_its_own);
	tcase_add_test(tc, beginning_clears_what_the_last_use_left);
	tcase_add_test(tc, a_scribbled_state_counts_as_free);
	tcase_add_test(tc, ids_survive_their_text_and_sort_by_time);
	tcase_add_test(tc, hints_carry_slot_and_generation);
	tcase_add_test(tc, what_was_never_sent_has_waited_until_its_end);
	tcase_add_test(tc, what_is_relayed_spends_only_by_a_body);
	tcase_add_test(tc, an_attempt_is_the_last_from_its_mark_to_the_next_one);
	tcase_add_test(tc, a_request_owes_its_end_while_it_waits_for_another_attempt);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Events in words. */
#include "../unit.h"
#include "insight/event_view.h"
#include "rate/stabilizer.h"

#include <string.h>

enum { MEM_BYTES = 1 << 16 };

static _Alignas(4096) uint8_t memory[MEM_BYTES];
static struct clients clients;

static void begin(void)
{
	struct map m = {memory, MEM_BYTES, -1};
	struct clients_words *w = (struct clients_words *)memory;
	memset(memory, 0, sizeof memory);
	(void)clients_layout(w, 64, 2, 1);
	ck_assert(clients_attach(&clients, &m, w));
}

static const char *detail(enum log_event_id id, uint64_t n)
{
	static char out[EVENT_VIEW_BYTES];
	struct event e = {.id = id, .detail = n};
	return event_view_detail(&e, &clients, out);
}

START_TEST(a_number_is_told_as_what_it_stands_for)
{
	begin();
	ck_assert_str_eq(detail(EVENT_RELOADED, 3), "epoch 3");
	ck_assert_str_eq(detail(EVENT_ADOPTED, 3), "epoch 3");
	ck_assert_str_eq(detail(EVENT_TOKEN_CHANGED, 0x1b62aabbccddeeff),
		"token 1b62aabbccddeeff");
	ck_assert_str_eq(detail(EVENT_CHILD_EXITED, SLOT_DISPATCH), "dispatch");
	ck_assert_str_eq(
		detail(EVENT_CHILD_EXITED, event_about(SLOT_FIRST_FRONT + 2, 1)),
		"front 1 (channel 2)");
	ck_assert_str_eq(detail(EVENT_KEY_STATE, STABILIZER_OUT_OF_SERVICE),
		stabilizer_state_name(STABILIZER_OUT_OF_SERVICE));
	ck_assert_str_eq(detail(EVENT_WARNING, 7), "7");
}
END_TEST

START_TEST(a_token_is_told_by_its_name_and_id)
{
	struct client entry = {.id = 0xabc};
	struct client_limits none = {0};
	begin();
	memset(entry.name, 'n', sizeof entry.name - 1);
	ck_assert_int_eq(clients_add(&clients, &entry, &none), CLIENTS_ADDED);
	ck_assert_str_eq(detail(EVENT_TOKEN_CHANGED, 0xabc),
		"token nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn "
		"(0000000000000abc)");
	ck_assert_str_eq(detail(EVENT_TOKEN_CHANGED, 0xabd), "token 0000000000000abd");
}
END_TEST

START_TEST(what_another_process_wrote_is_never_trusted)
{
	char out[EVENT_VIEW_BYTES];
	struct event e = {.id = (enum log_event_id)9999, .detail = UINT64_MAX};
	ck_assert_str_eq(event_view_name(&e, out), "impossible");
	begin();
	ck_assert_str_eq(event_view_detail(&e, &clients, out), "18446744073709551615");
	ck_assert_str_eq(detail(EVENT_KEY_STATE, 77), "impossible");
	ck_assert_ptr_nonnull(detail(EVENT_CHILD_EXITED, UINT64_MAX));
}
END_TEST

START_TEST(a_name_is_as_the_log_has_it)
{
	char out[EVENT_VIEW_BYTES];
	struct event e = {.id = EVENT_KEY_OUT_OF_SERVICE};
	ck_assert_str_eq(event_view_name(&e, out), "key_out_of_service");
}
END_TEST

UNIT_MAIN("event_view", a_number_is_told_as_what_it_stands_for,
	a_token_is_told_by_its_name_and_id, what_another_process_wrote_is_never_trusted,
	a_name_is_as_the_log_has_it)

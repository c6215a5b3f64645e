/* Tokens for people and programs. */
#include "../unit.h"
#include "base/clock.h"
#include "segment/client_use.h"
#include "insight/token_tell.h"

#include <string.h>

enum { MEM_BYTES = 1 << 16 };

static _Alignas(4096) uint8_t memory[MEM_BYTES];
static struct clients clients;
static struct settings settings;
static struct token token;
static struct token_teller teller;

static void begin(void)
{
	struct map m = {memory, MEM_BYTES, -1};
	struct clients_words *w = (struct clients_words *)memory;
	memset(memory, 0, sizeof memory);
	(void)clients_layout(w, 1024, 2, 1);
	ck_assert(clients_attach(&clients, &m, w));
	settings_defaults(&settings);
	settings.client_max_tokens = 900;
	token = (struct token){
		.id = 0xab, .created_ms = 1000, .role = CLIENT_CHAT, .name = "ann"};
	client_limit_set_number(&token.limits, CLIENT_LIMIT_requests_per_minute, 60);
	client_limit_set_number(&token.limits, CLIENT_LIMIT_budget_day, 2500000000);
	teller = (struct token_teller){
		&clients, &settings, 100 * NS_PER_S, 86400000u * 100};
}

static void add(void)
{
	struct client entry = {.id = token.id, .role = token.role};
	memcpy(entry.hash, token.hash, sizeof entry.hash);
	ck_assert_int_eq(clients_add(&clients, &entry, &token.limits), CLIENTS_ADDED);
}

static const char *tell(void)
{
	static char text[4096];
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, text, sizeof text - 1);
	token_tell(&teller, &token, &w);
	ck_assert(jsonw_done(&w, &out));
	text[out.n] = '\0';
	return text;
}

#define HEAD                                                                           \
	"{\"id\":\"00000000000000ab\",\"name\":\"ann\",\"role\":\"chat\","             \
	"\"created_at\":\"1970-01-01T00:00:01.000Z\",\"revoked_at\":null,"             \
	"\"limits\":{\"requests_per_minute\":60,\"requests_per_hour\":null,"           \
	"\"tokens_per_minute\":null,\"tokens_per_hour\":null,\"concurrent\":null,"     \
	"\"budget_day\":2.500000000,\"budget_week\":null,\"budget_month\":null,"       \
	"\"priority\":null,\"max_tokens\":null,\"max_prompt\":null,\"models\":null},"

START_TEST(a_token_is_told_as_it_was_said_when_nothing_runs)
{
	begin();
	teller.clients = NULL;
	ck_assert_str_eq(
		tell(), HEAD "\"in_force\":null,\"use\":null,\"refused_at\":null}");
}
END_TEST

START_TEST(limits_in_force_have_the_defaults_in)
{
	begin();
	ck_assert_str_eq(tell(), HEAD
		"\"in_force\":{\"requests_per_minute\":60,"
		"\"requests_per_hour\":null,\"tokens_per_minute\":null,"
		"\"tokens_per_hour\":null,\"concurrent\":null,"
		"\"budget_day\":2.500000000,\"budget_week\":null,"
		"\"budget_month\":null,\"priority\":null,\"max_tokens\":900,"
		"\"max_prompt\":null,\"models\":null},\"use\":null,\"refused_at\":null}");
}
END_TEST

START_TEST(use_is_what_is_taken_held_and_spent)
{
	const struct client_take take[CLIENT_RATES] = {
		[RATE_REQUESTS_MINUTE] = {{60, 60 * NS_PER_S, 6, 0}, 1}};
	const uint64_t spent[PERIODS] = {7, 70, 700};
	struct bucket_take t;
	struct token_told told;
	char text[CLIENT_MODELS_BYTES];
	begin();
	add();
	ck_assert_int_eq(
		client_use_take(&clients, 0, take, teller.now_ns, &t), CLIENT_RATES);
	client_use_hold(&clients, 0, 0, 1000);
	clients_set_spent(&clients, 0, teller.now_ms, spent);
	token_told(&teller, &token, &told);
	ck_assert(told.is_in_force && told.has_use);
	ck_assert_uint_eq(told.use[CLIENT_LIMIT_requests_per_minute], 1);
	ck_assert_uint_eq(told.use[CLIENT_LIMIT_concurrent], 1);
	ck_assert_uint_eq(told.use[CLIENT_LIMIT_budget_day], 1007);
	ck_assert_uint_eq(told.use[CLIENT_LIMIT_budget_week], 1070);
	ck_assert_uint_eq(told.use[CLIENT_LIMIT_budget_month], 1700);
	ck_assert_str_eq(
		token_told_use(&told, CLIENT_LIMIT_budget_day, text), "0.000001007");
	ck_assert(!token_told_has_use(&told, CLIENT_LIMIT_max_tokens));
}
END_TEST

START_TEST(a_budget_that_refuses_says_since_when)
{
	begin();
	add();
	ck_assert_ptr_nonnull(strstr(tell(),
		",\"refused_at\":{\"budget_day\":null,\"budget_week\":null,"
		"\"budget_month\":null}}"));
	teller.now_ms = UINT64_C(86400000) * 100 + 1000;
	client_use_refuse(&clients, 0, PERIOD_WEEK, teller.now_ms - 1000);
	ck_assert_ptr_nonnull(strstr(tell(),
		",\"refused_at\":{\"budget_day\":null,"
		"\"budget_week\":\"1970-04-11T00:00:00.000Z\",\"budget_month\":null}}"));
}
END_TEST

UNIT_MAIN("token_tell", a_token_is_told_as_it_was_said_when_nothing_runs,
	limits_in_force_have_the_defaults_in, use_is_what_is_taken_held_and_spent,
	a_budget_that_refuses_says_since_when)

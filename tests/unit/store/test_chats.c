/* Chats in the ledger: turns, branches, changes, and what is nobody else's. */
#include "../unit.h"
#include "fixture.h"
#include "store/chats.h"

static const char *dir;
static struct ledger *ledger;
static struct err error;
static uint64_t position;

static void set_up(void)
{
	dir = fixture_dir("/tmp");
	ledger = fixture_open(dir, 1);
	position = 0;
}

static void tear_down(void)
{
	ledger_close(ledger);
	fixture_remove(dir);
}

static enum ledger_verdict apply(const union fact *f, struct str text)
{
	ck_assert(ledger_begin(ledger, &error));
	position += f->head.bytes;
	enum ledger_verdict v = ledger_apply_text(ledger, 3, position, f, text);
	ck_assert_msg(ledger_commit(ledger, &error), "%s", error.text);
	return v;
}

static union fact turn(
	uint64_t client, const char *session, uint64_t id, uint64_t parent, size_t n)
{
	union fact f = {.chat_turn = {.client_id = client,
				.asked_ms = TEST_NOW_MS,
				.text_bytes = n,
				.prompt_tokens = 10,
				.completion_tokens = 5,
				.cost_nanousd = 7,
				.model = "gpt-4o-mini",
				.title = "Of whales"}};
	fact_begin(&f.head, FACT_CHAT_TURN, sizeof f.chat_turn, TEST_NOW_MS + id);
	snprintf(f.chat_turn.session, sizeof f.chat_turn.session, "%s", session);
	fixture_id(id, f.chat_turn.id);
	fixture_id(parent, f.chat_turn.parent);
	return f;
}

static enum ledger_verdict add(
	uint64_t client, const char *session, uint64_t id, uint64_t parent)
{
	char text[32];
	int n = snprintf(text, sizeof text, "{\"t\":%d}", (int)id);
	union fact f = turn(client, session, id, parent, (size_t)n);
	return apply(&f, (struct str){text, (size_t)n});
}

static enum ledger_verdict change(
	uint64_t client, const char *session, const char *title)
{
	union fact f = {.chat_change = {.client_id = client}};
	fact_begin(&f.head, FACT_CHAT_CHANGE, sizeof f.chat_change, TEST_NOW_MS);
	snprintf(f.chat_change.session, sizeof f.chat_change.session, "%s", session);
	snprintf(f.chat_change.title, sizeof f.chat_change.title, "%s", title);
	return apply(&f, STR(""));
}

static bool find(uint64_t client, const char *name, struct chat *c)
{
	char session[EXCHANGE_SESSION_BYTES] = "";
	bool found;
	snprintf(session, sizeof session, "%s", name);
	ck_assert(chats_find(ledger_store(ledger), client, session, c, &found, &error));
	return found;
}

/* What walks have given: ids in their order. */
static char seen[256];

static bool see_turn(void *arg, const struct chat_turn *t, struct str text)
{
	(void)arg;
	size_t n = strlen(seen);
	ck_assert(text.n > 0 && text.p[0] == '{');
	snprintf(seen + n, sizeof seen - n, "%d ", (int)fixture_request_of(t->id));
	return true;
}

static bool see_chat(void *arg, const struct chat *c)
{
	(void)arg;
	size_t n = strlen(seen);
	snprintf(seen + n, sizeof seen - n, "%s ", c->session);
	return true;
}

static const char *turns_of(uint64_t client, const char *name)
{
	char session[EXCHANGE_SESSION_BYTES] = "";
	struct chats_place at = {0};
	enum query_verdict v;
	snprintf(session, sizeof session, "%s", name);
	seen[0] = '\0';
	while ((v = chats_turns(ledger_store(ledger), client, session, &at, see_turn,
			NULL, &error)) == QUERY_MORE)
		;
	ck_assert(v == QUERY_DONE);
	return seen;
}

/* "a:1 b:2 ": of all chats of a client. */
static struct chats_place all_at;

static bool see_of_all(void *arg, const struct chat_turn *t, struct str text)
{
	size_t n = strlen(seen);
	snprintf(seen + n, sizeof seen - n, "%s:", all_at.session);
	return see_turn(arg, t, text);
}

static const char *all_of(uint64_t client)
{
	enum query_verdict v;
	all_at = (struct chats_place){0};
	seen[0] = '\0';
	while ((v = chats_all(ledger_store(ledger), client, &all_at, see_of_all, NULL,
			&error)) == QUERY_MORE)
		;
	ck_assert(v == QUERY_DONE);
	return seen;
}

static const char *path_from(uint64_t client, const char *name, uint64_t id)
{
	char session[EXCHANGE_SESSION_BYTES] = "";
	struct chats_place at = {0};
	enum query_verdict v;
	snprintf(session, sizeof session, "%s", name);
	fixture_id(id, at.id);
	seen[0] = '\0';
	while ((v = chats_path(ledger_store(ledger), client, session, &at, see_turn,
			NULL, &error)) == QUERY_MORE)
		;
	ck_assert(v == QUERY_DONE);
	return seen;
}

static const char *chats_of(uint64_t client)
{
	struct chats_place at = {0};
	enum query_verdict v;
	seen[0] = '\0';
	while ((v = chats_list(ledger_store(ledger), client, &at, see_chat, NULL,
			&error)) == QUERY_MORE)
		;
	ck_assert(v == QUERY_DONE);
	return seen;
}

START_TEST(a_chat_counts_its_turns)
{
	struct chat c;
	set_up();
	ck_assert(!find(1, "a", &c));
	ck_assert(add(1, "a", 1, 0) == LEDGER_APPLIED);
	ck_assert(add(1, "a", 2, 1) == LEDGER_APPLIED);
	ck_assert(find(1, "a", &c));
	ck_assert_uint_eq(c.n_turns, 2);
	ck_assert_uint_eq(c.total_tokens, 30);
	ck_assert_uint_eq(c.cost_nanousd, 14);
	ck_assert_uint_eq(c.updated_ms, TEST_NOW_MS + 2);
	ck_assert_uint_eq(fixture_request_of(c.newest), 2);
	ck_assert_str_eq(c.title, "Of whales");
	ck_assert_str_eq(turns_of(1, "a"), "1 2 ");
	tear_down();
}
END_TEST

START_TEST(a_path_follows_one_branch_to_its_first_turn)
{
	set_up();
	for (uint64_t id = 1; id <= 200; id++) /* more than a slice */
		ck_assert(add(1, "a", id, id > 2 ? id - 2 : 0) == LEDGER_APPLIED);
	ck_assert_str_eq(path_from(1, "a", 6), "6 4 2 ");
	ck_assert_str_eq(path_from(1, "a", 5), "5 3 1 ");
	ck_assert_str_eq(path_from(1, "a", 0), "");
	ck_assert_str_eq(path_from(1, "a", 999), "");
	ck_assert_str_eq(path_from(2, "a", 6), "");
	ck_assert(strstr(path_from(1, "a", 200), "200 198 ") == seen);
	tear_down();
}
END_TEST

START_TEST(a_turn_that_would_follow_itself_is_a_first)
{
	set_up();
	ck_assert(add(1, "a", 5, 5) == LEDGER_APPLIED);
	ck_assert(add(1, "a", 4, 5) == LEDGER_APPLIED);
	ck_assert_str_eq(path_from(1, "a", 4), "4 ");
	ck_assert_str_eq(path_from(1, "a", 5), "5 ");
	tear_down();
}
END_TEST

START_TEST(chats_are_their_client_s_own_and_names_do_not_mix)
{
	set_up();
	ck_assert(add(1, "a", 1, 0) == LEDGER_APPLIED);
	ck_assert(add(1, "ab", 2, 0) == LEDGER_APPLIED);
	ck_assert(add(1, "abc", 3, 0) == LEDGER_APPLIED);
	ck_assert(add(2, "a", 4, 0) == LEDGER_APPLIED);
	ck_assert_str_eq(chats_of(1), "a ab abc ");
	ck_assert_str_eq(chats_of(2), "a ");
	ck_assert_str_eq(chats_of(3), "");
	ck_assert_str_eq(all_of(1), "a:1 ab:2 abc:3 ");
	ck_assert_str_eq(all_of(2), "a:4 ");
	ck_assert_str_eq(all_of(3), "");
	ck_assert_str_eq(turns_of(1, "a"), "1 ");
	ck_assert_str_eq(turns_of(1, "ab"), "2 ");
	ck_assert_str_eq(turns_of(2, "a"), "4 ");
	ck_assert(change(1, "a", "") == LEDGER_APPLIED);
	ck_assert_str_eq(chats_of(1), "ab abc ");
	ck_assert_str_eq(turns_of(1, "a"), "");
	ck_assert_str_eq(turns_of(1, "ab"), "2 ");
	ck_assert_str_eq(turns_of(2, "a"), "4 ");
	tear_down();
}
END_TEST

START_TEST(a_chat_gets_another_title_and_what_is_not_there_is_ignored)
{
	struct chat c;
	set_up();
	ck_assert(change(1, "a", "x") == LEDGER_IGNORED);
	ck_assert(add(1, "a", 1, 0) == LEDGER_APPLIED);
	ck_assert(change(1, "a", "Big fish") == LEDGER_APPLIED);
	ck_assert(find(1, "a", &c));
	ck_assert_str_eq(c.title, "Big fish");
	ck_assert(add(1, "a", 2, 1) == LEDGER_APPLIED);
	ck_assert(find(1, "a", &c));
	ck_assert_str_eq(c.title, "Big fish");
	ck_assert(change(2, "a", "") == LEDGER_IGNORED);
	tear_down();
}
END_TEST

START_TEST(a_turn_is_taken_once_and_an_impossible_one_never)
{
	union fact f;
	struct chat c;
	set_up();
	ck_assert(add(1, "a", 1, 0) == LEDGER_APPLIED);
	ck_assert(add(1, "a", 1, 0) == LEDGER_REPEATED);
	ck_assert(find(1, "a", &c) && c.n_turns == 1);
	f = turn(1, "a", 2, 1, 5);
	ck_assert(apply(&f, STR("four")) == LEDGER_BAD);
	ck_assert(apply(&f, STR("")) == LEDGER_BAD);
	f.chat_turn.outcome = CHAT_OUTCOMES;
	ck_assert(apply(&f, STR("fives")) == LEDGER_BAD);
	f = turn(1, "", 2, 1, 5);
	ck_assert(apply(&f, STR("fives")) == LEDGER_BAD);
	f = turn(1, "a", 2, 1, 0);
	ck_assert(apply(&f, STR("")) == LEDGER_BAD);
	ck_assert_str_eq(turns_of(1, "a"), "1 ");
	tear_down();
}
END_TEST

START_TEST(it_is_all_there_when_the_ledger_is_opened_again)
{
	struct chat c;
	set_up();
	ck_assert(add(1, "a", 1, 0) == LEDGER_APPLIED);
	ledger_close(ledger);
	ledger = fixture_open(dir, 2);
	ck_assert(find(1, "a", &c));
	ck_assert_str_eq(turns_of(1, "a"), "1 ");
	tear_down();
}
END_TEST

UNIT_MAIN("chats", a_chat_counts_its_turns, a_path_follows_one_branch_to_its_first_turn,
	a_turn_that_would_follow_itself_is_a_first,
	chats_are_their_client_s_own_and_names_do_not_mix,
	a_chat_gets_another_title_and_what_is_not_there_is_ignored,
	a_turn_is_taken_once_and_an_impossible_one_never,
	it_is_all_there_when_the_ledger_is_opened_again)

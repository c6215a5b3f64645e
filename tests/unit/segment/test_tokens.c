/* Making, finding and waiting for client tokens. */
#include "../unit.h"
#include "segment/tokens.h"

#include <stdatomic.h>
#include <string.h>

enum { MEM_BYTES = 1 << 16, MAX_TOKENS = 3 };

static _Alignas(4096) uint8_t memory[MEM_BYTES];
static struct clients c;
static struct err e;

static void begin(void)
{
	struct map m = {memory, MEM_BYTES, -1};
	struct clients_words *w = (struct clients_words *)memory;
	memset(memory, 0, sizeof memory);
	(void)clients_layout(w, 1024, MAX_TOKENS, 1);
	ck_assert(clients_attach(&c, &m, w));
	clients_publish(&c);
	e = (struct err){0};
}

/* What record does with the fact. */
static void apply(const struct fact_token *f)
{
	struct client entry = {.id = f->client_id, .role = f->role};
	memcpy(entry.hash, f->hash, sizeof entry.hash);
	memcpy(entry.name, f->name, sizeof entry.name);
	ck_assert_int_eq(clients_add(&c, &entry, &f->limits), CLIENTS_ADDED);
}

static struct fact_token make(const char *name, char text[static TOKEN_BYTES])
{
	struct fact_token fact;
	struct token_order o = {.role = CLIENT_CHAT, .name = {name, strlen(name)}};
	client_limit_set_number(&o.limits, CLIENT_LIMIT_concurrent, 4);
	token_make(&o, &fact, text);
	return fact;
}

START_TEST(a_made_token_is_found_by_its_text_its_name_and_its_id)
{
	char text[TOKEN_BYTES], id[TOKEN_ID_BYTES];
	uint8_t hash[HASH_SHA256_BYTES];
	struct client_limits limits;
	begin();
	struct fact_token f = make("ann", text);
	ck_assert(strncmp(text, "atlas-chat-", 11) == 0);
	apply(&f);
	hash_sha256((struct str){text, strlen(text)}, hash);
	const struct client *ann = clients_find(&c, hash);
	ck_assert_ptr_nonnull(ann);
	ck_assert_ptr_eq(token_find(&c, STR("ann")), ann);
	token_id_format(f.client_id, id);
	ck_assert_ptr_eq(token_find(&c, (struct str){id, strlen(id)}), ann);
	clients_limits(&c, clients_index_of(&c, ann), &limits);
	ck_assert_uint_eq(client_limit_get(&limits, CLIENT_LIMIT_concurrent), 4);
	ck_assert_ptr_null(token_find_live(&c, STR("bob"), &e));
}
END_TEST

START_TEST(ids_that_fall_together_lead_to_their_own)
{
	static const uint64_t ids[MAX_TOKENS] = {5, 5 + (1 << 20), 5 + (2 << 20)};
	begin();
	for (unsigned i = 0; i < MAX_TOKENS; i++) {
		struct fact_token f = {.client_id = ids[i], .hash = {(uint8_t)(i + 1)}};
		apply(&f);
	}
	for (unsigned i = 0; i < MAX_TOKENS; i++)
		ck_assert_ptr_eq(clients_by_id(&c, ids[i]), clients_at(&c, i));
	ck_assert_ptr_null(clients_by_id(&c, 5 + (3 << 20)));
}
END_TEST

START_TEST(who_was_revoked_before_keeps_the_name)
{
	begin();
	atomic_store_explicit(&c.words->published, 0, memory_order_relaxed);
	clients_remember(&c, 7, "ann");
	clients_remember(&c, 9, "bob");
	clients_remember(&c, 7, "ann"); /* a record that begins again */
	clients_remember(&c, 9, "bob");
	clients_remember(&c, 12, "cid");
	clients_remember(&c, 13, "one too many");
	clients_publish(&c);
	clients_remember(&c, 14, "too late");
	apply(&(struct fact_token){.client_id = 8, .name = "dan"});
	ck_assert_str_eq(clients_name(&c, 7), "ann");
	ck_assert_str_eq(clients_name(&c, 8), "dan");
	ck_assert_str_eq(clients_name(&c, 9), "bob");
	ck_assert_str_eq(clients_name(&c, 12), "cid");
	ck_assert_ptr_null(clients_name(&c, 13));
	ck_assert_ptr_null(clients_by_id(&c, 7));
}
END_TEST

START_TEST(a_new_token_needs_a_free_good_name_and_room)
{
	char text[TOKEN_BYTES];
	begin();
	ck_assert(token_check_new(&c, STR("ann"), &e));
	ck_assert(!token_check_new(&c, STR(""), NULL));
	ck_assert(!token_check_new(&c, STR("a b"), NULL));
	ck_assert(!token_check_new(
		&c, STR("123456789012345678901234567890123456789012345678"), NULL));
	struct fact_token f = make("ann", text);
	apply(&f);
	ck_assert(!token_check_new(&c, STR("ann"), NULL));
	ck_assert(clients_revoke(&c, f.client_id));
	ck_assert(token_check_new(&c, STR("ann"), NULL));
	f = make("bob", text);
	apply(&f);
	f = make("cid", text);
	apply(&f);
	ck_assert(!token_check_new(&c, STR("dora"), NULL));
}
END_TEST

START_TEST(a_new_token_is_there_once_record_has_it_or_lost)
{
	char text[TOKEN_BYTES];
	struct token_wait w;
	begin();
	struct fact_token f = make("ann", text);
	token_wait_for(&w, &c, &f.head, 100);
	ck_assert_int_eq(token_look(&c, &w, 99), TOKEN_UNDER_WAY);
	ck_assert_int_eq(token_look(&c, &w, 100), TOKEN_LOST);
	apply(&f);
	ck_assert_int_eq(token_look(&c, &w, 100), TOKEN_DONE);
}
END_TEST

START_TEST(changes_of_a_token_are_done_while_it_lives)
{
	char text[TOKEN_BYTES];
	struct token_wait limits, revoke;
	begin();
	struct fact_token f = make("ann", text);
	apply(&f);
	struct fact_token_limits l = {.client_id = f.client_id};
	fact_begin(&l.head, FACT_TOKEN_LIMITS, sizeof l, 1);
	token_wait_for(&limits, &c, &l.head, 10);
	struct fact_token_revoke r = {.client_id = f.client_id};
	fact_begin(&r.head, FACT_TOKEN_REVOKE, sizeof r, 1);
	token_wait_for(&revoke, &c, &r.head, 20);
	ck_assert_int_eq(token_look(&c, &limits, 10), TOKEN_DONE);
	ck_assert_int_eq(token_look(&c, &revoke, 10), TOKEN_UNDER_WAY);
	ck_assert(clients_revoke(&c, f.client_id));
	ck_assert_int_eq(token_look(&c, &limits, 20), TOKEN_LOST);
	ck_assert_int_eq(token_look(&c, &revoke, 20), TOKEN_DONE);
	ck_assert_ptr_null(token_find_live(&c, STR("ann"), &e));
}
END_TEST

START_TEST(before_the_table_is_published_nobody_is_told_what_is_in_it)
{
	begin();
	atomic_store_explicit(&c.words->published, 0, memory_order_relaxed);
	ck_assert(!token_check_new(&c, STR("ann"), &e));
	ck_assert_ptr_nonnull(strstr(e.text, "ledger"));
	e = (struct err){0};
	ck_assert_ptr_null(token_find_live(&c, STR("ann"), &e));
	ck_assert_ptr_nonnull(strstr(e.text, "ledger"));
}
END_TEST

UNIT_MAIN("tokens", a_made_token_is_found_by_its_text_its_name_and_its_id,
	ids_that_fall_together_lead_to_their_own, who_was_revoked_before_keeps_the_name,
	a_new_token_needs_a_free_good_name_and_room,
	a_new_token_is_there_once_record_has_it_or_lost,
	changes_of_a_token_are_done_while_it_lives,
	before_the_table_is_published_nobody_is_told_what_is_in_it)

/* Verify: silent about what is whole, and no flipped byte of a record escapes it. */
#include "../unit.h"
#include "store/points.h"
#include "store/prune.h"
#include "store/verify.h"
#include "world.h"

#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { FACTS = 1500, FLIPS = 300, META_BYTES = 2 * 4096 };

static union fact facts[FACTS];
static const char *dir;

static struct ledger *make_ledger(uint64_t seed)
{
	free(world_at(seed, FACTS, facts));
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	for (uint64_t at = 0; at < FACTS; at += 100)
		world_must_commit(l, facts, at + 1, at + 100);
	return l;
}

static struct verify_report check(struct ledger *l)
{
	struct verify_report r;
	struct err e = {0};
	ck_assert_msg(verify_ledger(ledger_store(l), &r, &e), "%s", e.text);
	return r;
}

START_TEST(a_whole_ledger_has_no_fault)
{
	struct ledger *l = make_ledger(1);
	struct verify_report r = check(l);
	ck_assert_msg(r.n_faults == 0, "%s", r.fault[0]);
	ck_assert_uint_gt(r.n_rows, 500);
	ck_assert_uint_eq(r.n_links + r.n_open, r.n_rows);
	ck_assert_uint_gt(r.n_points, 100);
	ck_assert_uint_eq(r.n_rates, 7);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

/* ---- pruning: here, because verify judges it ---- */

START_TEST(a_pruned_ledger_still_adds_up)
{
	struct ledger *l = make_ledger(2);
	struct totals before = *ledger_totals(l);
	struct prune_policy p = {.rows_before_ms = TEST_NOW_MS + 2,
		.tier_before_ms = {TEST_NOW_MS + 300000, TEST_NOW_MS - 7200000, 0}};
	struct err e = {0};
	uint32_t n, n_all = 0;
	uint64_t n_rows = check(l).n_rows;
	do {
		ck_assert_msg(ledger_prune(l, &p, 37, &n, &e), "%s", e.text);
		ck_assert_uint_le(n, 37);
		n_all += n;
		struct verify_report r = check(l);
		ck_assert_msg(r.n_faults == 0, "%s", r.fault[0]);
	} while (n > 0);
	struct verify_report r = check(l);
	ck_assert_uint_gt(n_all, 500);
	ck_assert_uint_eq(r.n_rows, r.n_open); /* all others were closed long ago */
	ck_assert_uint_eq(r.n_pruned, n_rows - r.n_open);
	ck_assert_mem_eq(ledger_totals(l), &before, sizeof before);
	ledger_close(l);
	l = fixture_open(dir, 1);
	ck_assert_mem_eq(ledger_totals(l), &before, sizeof before);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(what_is_young_enough_is_not_pruned)
{
	struct ledger *l = make_ledger(3);
	struct prune_policy p = {.rows_before_ms = TEST_NOW_MS};
	struct err e = {0};
	uint32_t n;
	uint64_t sequence = ledger_sequence(l);
	ck_assert(ledger_prune(l, &p, 1000, &n, &e));
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(ledger_sequence(l), sequence);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

/* One row, closed at once at that moment. */
static void close_one(struct ledger *l, uint64_t request, uint64_t done_ms)
{
	union fact settle = fixture_settle(request, 1, OUTCOME_SETTLED_USAGE);
	settle.settle.done_ms = done_ms;
	ck_assert_int_eq(fixture_apply(l, fixture_intent(request, 1)), LEDGER_APPLIED);
	ck_assert_int_eq(fixture_apply(l, settle), LEDGER_APPLIED);
}

START_TEST(rows_of_a_wall_that_was_ahead_hold_up_no_others)
{
	enum { BEFORE = 10, AHEAD = 20, ALL = 100 };
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	uint32_t n;
	for (uint64_t i = 1; i <= ALL; i++) {
		bool is_ahead = i > BEFORE && i <= BEFORE + AHEAD;
		close_one(l, i, TEST_NOW_MS + i + (is_ahead ? TEST_NOW_MS : 0));
	}
	struct prune_policy p = {
		.now_ms = TEST_NOW_MS + 200, .rows_before_ms = TEST_NOW_MS + 20};
	ck_assert(ledger_prune(l, &p, 1000, &n, &e));
	ck_assert_uint_eq(n, BEFORE);
	p.rows_before_ms = TEST_NOW_MS + 80;
	ck_assert(ledger_prune(l, &p, 1000, &n, &e));
	ck_assert_uint_eq(n, 79 - BEFORE);
	struct verify_report r = check(l);
	ck_assert_msg(r.n_faults == 0, "%s", r.fault[0]);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

/* ---- sessions, whose totals outlive their rows ---- */

#define DAY_MS UINT64_C(86400000)

static struct query_session session(struct ledger *l, const char *name)
{
	struct query_session found;
	struct err e = {0};
	ck_assert_msg(query_session(ledger_store(l), name, &found, &e), "%s", e.text);
	return found;
}

static void prune_all(struct ledger *l, const struct prune_policy *p)
{
	struct err e = {0};
	uint32_t n;
	do {
		ck_assert_msg(ledger_prune(l, p, 3, &n, &e), "%s", e.text);
		struct verify_report r = check(l);
		ck_assert_msg(r.n_faults == 0, "%s", r.fault[0]);
	} while (n > 0);
}

START_TEST(the_total_of_a_session_outlives_its_rows)
{
	struct ledger *l = make_ledger(6);
	struct prune_policy p = {.rows_before_ms = UINT64_MAX,
		.tier_before_ms = {UINT64_MAX / 2, UINT64_MAX / 2, 0}};
	struct query_session before[WORLD_SESSIONS];
	char name[EXCHANGE_SESSION_BYTES];
	for (uint32_t i = 1; i < WORLD_SESSIONS; i++) {
		world_session(i, name);
		before[i] = session(l, name);
		ck_assert(before[i].is_known);
	}
	prune_all(l, &p);
	for (uint32_t i = 1; i < WORLD_SESSIONS; i++) {
		world_session(i, name);
		struct query_session after = session(l, name);
		ck_assert(after.is_known);
		ck_assert_mem_eq(&after.totals, &before[i].totals, sizeof after.totals);
	}
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

/* One row, sent and closed on that day. */
static void close_on_day(struct ledger *l, uint64_t request, const char *name,
	uint64_t day, bool is_sent)
{
	union fact intent = fixture_intent(request, 1);
	union fact settle = fixture_settle(
		request, 1, is_sent ? OUTCOME_SETTLED_USAGE : OUTCOME_RELEASED);
	intent.intent.sent_ms = settle.settle.done_ms = day * DAY_MS;
	snprintf(intent.intent.session, sizeof intent.intent.session, "%s", name);
	ck_assert_int_eq(fixture_apply(l, intent), LEDGER_APPLIED);
	ck_assert_int_eq(fixture_apply(l, settle), LEDGER_APPLIED);
}

/* Two days, the second with what was never sent; a session of one day, and none. */
static struct ledger *make_days(void)
{
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	close_on_day(l, 1, "both", 100, true);
	close_on_day(l, 2, "first", 100, true);
	close_on_day(l, 3, "", 100, true);
	close_on_day(l, 4, "both", 101, false);
	return l;
}

START_TEST(a_session_ends_with_its_last_day)
{
	struct ledger *l = make_days();
	struct prune_policy p = {.rows_before_ms = UINT64_MAX};
	prune_all(l, &p);
	ck_assert(session(l, "first").is_known);
	p.tier_before_ms[TIER_DAY] = 101 * DAY_MS;
	prune_all(l, &p);
	ck_assert(!session(l, "first").is_known);
	ck_assert_uint_eq(session(l, "both").totals.requests, 1);
	ck_assert_uint_eq(session(l, "both").totals.unsent, 1);
	p.tier_before_ms[TIER_DAY] = 102 * DAY_MS;
	prune_all(l, &p);
	ck_assert(!session(l, "both").is_known);
	close_on_day(l, 5, "both", 102, true);
	ck_assert_uint_eq(session(l, "both").totals.requests, 1);
	ck_assert_uint_eq(session(l, "both").totals.unsent, 0);
	prune_all(l, &p);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(rows_that_outlive_days_keep_their_session)
{
	struct ledger *l = make_days();
	struct prune_policy p = {.tier_before_ms = {[TIER_DAY] = 102 * DAY_MS}};
	prune_all(l, &p);
	ck_assert(session(l, "first").is_known && session(l, "both").is_known);
	p.rows_before_ms = 101 * DAY_MS;
	prune_all(l, &p);
	ck_assert(!session(l, "first").is_known && session(l, "both").is_known);
	p.rows_before_ms = 102 * DAY_MS;
	prune_all(l, &p);
	ck_assert(!session(l, "both").is_known);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

/* ---- damage ---- */

/* The rows of some requests, looked up one by one. */
static void digest_requests(struct store *s, struct world_digest *d)
{
	struct err e = {0};
	for (uint64_t i = 1; i < FACTS / 3; i += 5) {
		uint8_t id[EXCHANGE_ID_BYTES];
		struct query_place at = query_start();
		fixture_id(i, id);
		while (query_request(s, id, &at, world_digest_row, d, &e) == QUERY_MORE)
			;
	}
}

static void digest_sessions(struct store *s, struct world_digest *d)
{
	struct err e = {0};
	for (uint32_t i = 0; i < WORLD_SESSIONS; i++) {
		char name[EXCHANGE_SESSION_BYTES];
		struct query_session t;
		struct query_place at = query_start_last();
		world_session(i, name);
		if (query_session(s, name, &t, &e))
			d->hash = hash_fast64(&t.totals, sizeof t.totals, d->hash);
		while (query_session_rows(s, name, &at, world_digest_row, d, &e) ==
			QUERY_MORE)
			;
	}
}

static void digest_times(struct store *s, struct world_digest *d)
{
	struct err e = {0};
	for (unsigned t = 0; t < TIERS; t++) {
		struct range all = {.n = 1, .span = {{(enum tier)t, 0, UINT64_MAX}}};
		struct points_place at = points_start();
		struct times sum = {.wait = {.n = 0}};
		while (points_times(s, &all, &at, &sum, &e) == QUERY_MORE)
			;
		d->hash = hash_fast64(&sum, sizeof sum, d->hash);
	}
}

/* Everything a reader can be told, in one number. */
static uint64_t digest(struct store *s)
{
	struct world_digest d = {0};
	struct query_place at = query_start();
	struct query_summary sum;
	struct err e = {0};
	enum query_verdict v;
	do
		v = query_rows(s, &at, world_digest_row, &d, &e);
	while (v == QUERY_MORE);
	digest_requests(s, &d);
	digest_sessions(s, &d);
	digest_times(s, &d);
	if (v != QUERY_DONE || at.n_bad > 0 || !query_summary(s, &sum, &e))
		return 0;
	return hash_fast64(&sum, sizeof sum, d.hash);
}

/* In a process of its own, since LMDB may not survive what it reads: 0 = verify finds no
 * fault and the readers are told something else, 1 = found, 2 = no difference. */
enum { SEEN_NOTHING, SEEN_FAULT, SEEN_NO_DIFFERENCE };

static int look(uint64_t whole)
{
	struct verify_report r;
	struct store *s;
	struct err e = {0};
	pid_t child = fork();
	must(child >= 0);
	if (child == 0) {
		/* to die of it is an answer too: nothing for a sanitizer to report */
		static const int deaths[] = {SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
		for (size_t i = 0; i < N_ELEMENTS(deaths); i++)
			signal(deaths[i], SIG_DFL);
		if (!store_open_readonly(&s, dir, &e) || !verify_ledger(s, &r, &e) ||
			r.n_faults > 0)
			_exit(SEEN_FAULT);
		_exit(digest(s) == whole ? SEEN_NO_DIFFERENCE : SEEN_NOTHING);
	}
	int status;
	must(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : SEEN_FAULT;
}

START_TEST(no_flipped_byte_of_a_record_escapes)
{
	struct ledger *l = make_ledger(4);
	uint64_t whole = digest(ledger_store(l));
	ledger_close(l);
	char path[128];
	struct stat st;
	struct world *dice = world_new(5);
	uint32_t n_found = 0;
	snprintf(path, sizeof path, "%s/ledger/data.mdb", dir);
	int fd = open(path, O_RDWR);
	must(fd >= 0 && fstat(fd, &st) == 0 && whole != 0);
	for (int i = 0; i < FLIPS; i++) {
		off_t at = META_BYTES +
			   (off_t)world_random(dice, (uint64_t)st.st_size - META_BYTES);
		uint8_t byte, flipped;
		must(pread(fd, &byte, 1, at) == 1);
		flipped = byte ^ (uint8_t)(1u << world_random(dice, 8));
		must(pwrite(fd, &flipped, 1, at) == 1);
		int seen = look(whole);
		ck_assert_msg(seen != SEEN_NOTHING, "byte %lld", (long long)at);
		n_found += seen == SEEN_FAULT;
		must(pwrite(fd, &byte, 1, at) == 1);
	}
	ck_assert_uint_gt(n_found, FLIPS / 10);
	ck_assert_int_eq(look(whole), SEEN_NO_DIFFERENCE);
	close(fd);
	fixture_remove(dir);
	free(dice);
}
END_TEST

/* ---- what leads to records, within a page ---- */

enum { SOME_PAGES = 3 * 4096, FLAGS_AT = 10, LOWER_AT = 12, HEAD_BYTES = 16, LEAF = 2 };

static uint16_t number_at(int fd, off_t at)
{
	uint16_t n;
	must(pread(fd, &n, sizeof n, at) == sizeof n);
	return n;
}

static void look_flipped(int fd, off_t at, uint16_t bit, uint64_t whole)
{
	uint16_t n = number_at(fd, at), other = n ^ bit;
	must(pwrite(fd, &other, sizeof other, at) == sizeof other);
	ck_assert_msg(look(whole) != SEEN_NOTHING, "at %lld: %x, not %x", (long long)at,
		other, n);
	must(pwrite(fd, &n, sizeof n, at) == sizeof n);
}

/* A record's place that points to an older copy of it, or of another, in another page: all
 * of them are whole. A page that is read as what it is not. */
START_TEST(no_leaf_can_lead_astray)
{
	struct ledger *l = make_ledger(4);
	uint64_t whole = digest(ledger_store(l));
	ledger_close(l);
	char path[128];
	struct stat st;
	snprintf(path, sizeof path, "%s/ledger/data.mdb", dir);
	int fd = open(path, O_RDWR);
	must(fd >= 0 && fstat(fd, &st) == 0 && whole != 0);
	for (off_t at = META_BYTES; at < st.st_size; at += SOME_PAGES) {
		off_t last = at + number_at(fd, at + LOWER_AT) - 2;
		if (number_at(fd, at + FLAGS_AT) != LEAF || last < at + HEAD_BYTES)
			continue;
		look_flipped(fd, at + FLAGS_AT, 1, whole);
		look_flipped(fd, last, 0x2000, whole);
		look_flipped(fd, last, 0x4000, whole);
	}
	close(fd);
	fixture_remove(dir);
}
END_TEST

/* ---- records that are whole, and out of date ---- */

static struct copy {
	uint8_t key[64], value[4096];
	size_t n_key, n_value;
} older, newer;

static MDB_val first_of(MDB_txn *txn, MDB_dbi dbi, MDB_val *key)
{
	MDB_val value;
	MDB_cursor *c;
	must(mdb_cursor_open(txn, dbi, &c) == 0);
	must(mdb_cursor_get(c, key, &value, MDB_FIRST) == 0);
	mdb_cursor_close(c);
	return value;
}

/* Keep the first record of a table, and put another in its place, if there is one. */
static void exchange(const char *table, struct copy *keep, const struct copy *put)
{
	char path[128];
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val key, value;
	snprintf(path, sizeof path, "%s/ledger", dir);
	must(mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, 16) == 0 &&
		mdb_env_set_mapsize(env, TEST_MAX_BYTES) == 0);
	must(mdb_env_open(env, path, 0, 0600) == 0);
	must(mdb_txn_begin(env, NULL, 0, &txn) == 0);
	must(mdb_dbi_open(txn, table, 0, &dbi) == 0);
	value = first_of(txn, dbi, &key);
	must(key.mv_size <= sizeof keep->key && value.mv_size <= sizeof keep->value);
	*keep = (struct copy){.n_key = key.mv_size, .n_value = value.mv_size};
	memcpy(keep->key, key.mv_data, key.mv_size);
	memcpy(keep->value, value.mv_data, value.mv_size);
	if (put != NULL) {
		key = (MDB_val){put->n_key, (void *)(uintptr_t)put->key};
		value = (MDB_val){put->n_value, (void *)(uintptr_t)put->value};
		must(mdb_put(txn, dbi, &key, &value, 0) == 0);
	}
	must(mdb_txn_commit(txn) == 0);
	mdb_env_close(env);
	ledger_close(fixture_open(dir, 1)); /* covers that commit, which has no state */
}

START_TEST(no_record_that_was_once_right_is_taken_for_the_newest)
{
	static const char *const tables[] = {"times", "sessions", "points"};
	for (size_t i = 0; i < N_ELEMENTS(tables); i++) {
		dir = fixture_dir("/dev/shm");
		struct ledger *l = fixture_open(dir, 1);
		close_one(l, 1, TEST_NOW_MS);
		ledger_close(l);
		exchange(tables[i], &older, NULL);
		l = fixture_open(dir, 1);
		close_one(l, 2, TEST_NOW_MS);
		ledger_close(l);
		ck_assert_int_ne(look(0), SEEN_FAULT);
		exchange(tables[i], &newer, &older);
		ck_assert_msg(look(0) == SEEN_FAULT, "%s", tables[i]);
		exchange(tables[i], &older, &newer);
		ck_assert_int_ne(look(0), SEEN_FAULT);
		fixture_remove(dir);
	}
}
END_TEST

START_TEST(no_older_session_is_taken_for_the_newest_once_rows_are_pruned)
{
	struct prune_policy p = {.rows_before_ms = UINT64_MAX};
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	close_one(l, 1, TEST_NOW_MS);
	ledger_close(l);
	exchange("sessions", &older, NULL);
	l = fixture_open(dir, 1);
	close_one(l, 2, TEST_NOW_MS);
	prune_all(l, &p);
	ledger_close(l);
	ck_assert_int_ne(look(0), SEEN_FAULT);
	exchange("sessions", &newer, &older);
	ck_assert_int_eq(look(0), SEEN_FAULT);
	fixture_remove(dir);
}
END_TEST

/* ---- records that no row leads to, found in the file by what is in them ---- */

static const char *const words[] = {
	"a token's name", "a title of whales", "{\"of\":\"harpoons\"}", "priced-model"};

static void apply(struct ledger *l, const union fact *f, struct str text)
{
	struct err e = {0};
	uint64_t position = ledger_position(l, SLOT_DISPATCH) + f->head.bytes;
	ck_assert(ledger_begin(l, &e));
	ck_assert_int_eq(
		ledger_apply_text(l, SLOT_DISPATCH, position, f, text), LEDGER_APPLIED);
	ck_assert_msg(ledger_commit(l, &e), "%s", e.text);
}

static void write_words(void)
{
	struct ledger *l = fixture_open(dir, 1);
	struct str text = {words[2], strlen(words[2])};
	union fact turn = {
		.chat_turn = {
			.client_id = 7, .session = "pequod", .text_bytes = text.n}};
	fact_begin(&turn.head, FACT_CHAT_TURN, sizeof turn.chat_turn, TEST_NOW_MS);
	fixture_id(1, turn.chat_turn.id);
	snprintf(turn.chat_turn.title, sizeof turn.chat_turn.title, "%s", words[1]);
	union fact token = fixture_token(7, words[0], 9);
	apply(l, &token, STR(""));
	apply(l, &turn, text);
	union fact intent = fixture_intent(1, 1);
	intent.intent.high_rates = fixture_rates(1);
	apply(l, &intent, STR(""));
	ledger_close(l);
}

/* Flip a bit of every copy that the file has of a word; again, and it is as it was. */
static uint32_t flip(const char *word)
{
	char path[128];
	struct stat st;
	uint32_t n = 0;
	snprintf(path, sizeof path, "%s/ledger/data.mdb", dir);
	int fd = open(path, O_RDWR);
	must(fd >= 0 && fstat(fd, &st) == 0);
	size_t size = (size_t)st.st_size, n_word = strlen(word) - 1;
	char *file = malloc(size), *at = file;
	must(file != NULL && pread(fd, file, size, 0) == (ssize_t)size);
	while ((at = memmem(at, size - (size_t)(at - file), word + 1, n_word))) {
		char other = (char)(at[-1] ^ 1);
		must(pwrite(fd, &other, 1, at - 1 - file) == 1);
		at++, n++;
	}
	free(file);
	close(fd);
	return n;
}

START_TEST(no_token_chat_turn_or_price_can_be_changed)
{
	dir = fixture_dir("/dev/shm");
	write_words();
	for (size_t i = 0; i < N_ELEMENTS(words); i++) {
		ck_assert_uint_gt(flip(words[i]), 0);
		ck_assert_msg(look(0) == SEEN_FAULT, "%s", words[i]);
		flip(words[i]);
		ck_assert_msg(look(0) != SEEN_FAULT, "%s", words[i]);
	}
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("verify", a_whole_ledger_has_no_fault, a_pruned_ledger_still_adds_up,
	what_is_young_enough_is_not_pruned,
	rows_of_a_wall_that_was_ahead_hold_up_no_others,
	the_total_of_a_session_outlives_its_rows, a_session_ends_with_its_last_day,
	rows_that_outlive_days_keep_their_session, no_flipped_byte_of_a_record_escapes,
	no_leaf_can_lead_astray, no_record_that_was_once_right_is_taken_for_the_newest,
	no_older_session_is_taken_for_the_newest_once_rows_are_pruned,
	no_token_chat_turn_or_price_can_be_changed)

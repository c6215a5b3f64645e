/* Opening and its refusals; readers come and go. */
#include "../unit.h"
#include "fixture.h"
#include "store/tables.h"

#include <signal.h>
#include <sys/wait.h>

START_TEST(a_ledger_that_is_not_there_is_not_made_by_a_reader)
{
	const char *dir = fixture_dir("/dev/shm");
	struct store *s;
	struct err e = {0};
	ck_assert(!store_open_readonly(&s, dir, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "there is none yet"));
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(a_ledger_of_another_version_is_refused_and_said_so)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct store *s = ledger_store(l);
	struct state state = {0};
	struct key k = {.n = 5, .bytes = "state"};
	struct err e = {0};
	MDB_txn *txn;
	seal_close(&state, sizeof state, STATE_VERSION + 1, 0);
	ck_assert_int_eq(mdb_txn_begin(s->env, NULL, 0, &txn), 0);
	ck_assert_int_eq(table_put(s, txn, TABLE_META, &k,
				 (struct str){(char *)&state, sizeof state}),
		0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	ledger_close(l);
	ck_assert(!store_open_readonly(&s, dir, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "another version"));
	fixture_remove(dir);
}
END_TEST

/* The child: open, begin a read, say so, be killed. */
static void read_until_killed(const char *dir, int say)
{
	struct store *s;
	struct err e = {0};
	MDB_txn *txn;
	must(store_open_readonly(&s, dir, &e));
	must(tables_begin_read(s, &txn) == 0);
	must(write(say, "", 1) == 1);
	for (;;)
		pause();
}

START_TEST(no_record_of_meta_stands_for_another)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct store *s = ledger_store(l);
	static const char *const names[METAS] = {
		"state", "pruned", "kept", "order", "firing"};
	struct pruned any, out;
	MDB_txn *txn;
	ck_assert_int_eq(mdb_txn_begin(s->env, NULL, 0, &txn), 0);
	for (int of = META_PRUNED; of < METAS; of++)
		for (int at = META_PRUNED; at < METAS; at++) {
			struct key k = {.n = strlen(names[at])};
			memcpy(k.bytes, names[at], k.n);
			memset(&any, 7, sizeof any);
			seal_close(&any, sizeof any, STATE_VERSION, (uint64_t)of);
			ck_assert_int_eq(
				table_put(s, txn, TABLE_META, &k,
					(struct str){(char *)&any, sizeof any}),
				0);
			ck_assert_int_eq(tables_get_meta(s, txn, (enum meta)at, &out,
						 sizeof out, STATE_VERSION),
				of == at ? 0 : MDB_CORRUPTED);
		}
	mdb_txn_abort(txn);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_reader_that_was_killed_is_cleared_once)
{
	const char *dir = fixture_dir("/dev/shm");
	int ends[2], status;
	char byte;
	ledger_close(fixture_open(dir, 1));
	must(pipe(ends) == 0);
	pid_t child = fork();
	must(child >= 0);
	if (child == 0)
		read_until_killed(dir, ends[1]);
	must(read(ends[0], &byte, 1) == 1);
	struct ledger *l = fixture_open(dir, 1);
	must(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
	ck_assert_uint_eq(store_clear_dead_readers(ledger_store(l)), 1);
	ck_assert_uint_eq(store_clear_dead_readers(ledger_store(l)), 0);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_reader_follows_a_writer_with_a_larger_map)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger_plan small = {.data_dir = dir,
		.max_bytes = 1 << 20,
		.instance = 1,
		.now_ms = TEST_NOW_MS};
	struct ledger_found found;
	struct ledger *l;
	struct store *s;
	struct query_summary sum;
	struct err e = {0};
	ck_assert(ledger_open(&l, &small, &found, &e));
	ledger_close(l);
	pid_t child = fork(); /* one environment a process */
	must(child >= 0);
	if (child == 0) {
		must(store_open_readonly(&s, dir, &e));
		l = NULL;
		pid_t writer = fork();
		if (writer == 0) {
			l = fixture_open(dir, 1);
			must(ledger_begin(l, &e));
			for (uint64_t i = 1; i <= 5000; i++) {
				union fact f = fixture_intent(i, 1);
				must(ledger_apply(l, SLOT_DISPATCH, i, &f) ==
					LEDGER_APPLIED);
			}
			must(ledger_commit(l, &e));
			_exit(0);
		}
		int status;
		must(waitpid(writer, &status, 0) == writer && status == 0);
		must(query_summary(s, &sum, &e) && sum.n_open == 5000);
		_exit(0);
	}
	int status;
	must(waitpid(child, &status, 0) == child);
	ck_assert_int_eq(status, 0);
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("tables", a_ledger_that_is_not_there_is_not_made_by_a_reader,
	a_ledger_of_another_version_is_refused_and_said_so,
	no_record_of_meta_stands_for_another, a_reader_that_was_killed_is_cleared_once,
	a_reader_follows_a_writer_with_a_larger_map)

/* Verify beside the writer: what changes meanwhile is no fault. */
#include "../unit.h"
#include "fixture.h"
#include "store/prune.h"
#include "store/verify.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* The child: it commits without end, and prunes, so that pages are used again. */
static void write_on(const char *dir)
{
	struct prune_policy p = {.rows_before_ms = UINT64_MAX};
	struct err e = {0};
	uint32_t n;
	must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	struct ledger *l = fixture_open(dir, 1);
	for (uint64_t i = 1;; i++) {
		must(fixture_apply(l, fixture_intent(i, 1)) == LEDGER_APPLIED);
		must(fixture_apply(l, fixture_settle(i, 1, OUTCOME_SETTLED_USAGE)) ==
			LEDGER_APPLIED);
		must(ledger_prune(l, &p, 1, &n, &e));
	}
}

static void look(struct store *s)
{
	struct verify_report r;
	struct err e = {0};
	ck_assert_msg(verify_ledger(s, &r, &e), "%s", e.text);
	ck_assert_msg(r.n_faults == 0, "%s", r.fault[0]);
}

START_TEST(a_writer_beside_it_makes_no_fault)
{
	enum { TIMES = 300, ROWS = 300 };
	struct query_summary sum = {0};
	struct store *s;
	struct err e = {0};
	const char *dir = fixture_dir("/dev/shm");
	ledger_close(fixture_open(dir, 1));
	pid_t writer = fork();
	must(writer >= 0);
	if (writer == 0)
		write_on(dir);
	ck_assert_msg(store_open_readonly(&s, dir, &e), "%s", e.text);
	for (int i = 0; i < TIMES || sum.total.attempts < ROWS; i++) {
		look(s);
		ck_assert(query_summary(s, &sum, &e));
	}
	store_close(s);
	must(kill(writer, SIGKILL) == 0 && waitpid(writer, NULL, 0) == writer);
	fixture_remove(dir);
}
END_TEST

/* Apart: a failure ends the process, and with it the writer. */
UNIT_MAIN_APART("verify_beside", a_writer_beside_it_makes_no_fault)

/*
 * A ledger's life in a process of its own, for whoever makes its system calls fail from
 * outside (ledger_calls.test.mjs, by strace):
 *
 *	ledger_calls work DIR          make or open the ledger there, and commit; a number
 *	                               a line: the facts that are acknowledged so far
 *	ledger_calls judge DIR ACKED   what is left must open, hold at least so many facts,
 *	                               each once, pass verify, and go on to the end
 *	ledger_calls                   both, undisturbed
 */
#include "store/prune.h"
#include "store/verify.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMITS = 4, FACTS_A_COMMIT = 6, FACTS = COMMITS * FACTS_A_COMMIT };

#define NOW_MS    UINT64_C(1800000000)
#define MAX_BYTES (UINT64_C(64) << 20)

/* Odd numbers are intents, each even one settles the one before it for 7 nano-dollars. */
static union fact fact_number(uint64_t n)
{
	uint64_t request = (n + 1) / 2;
	union fact f = {0};
	if (n % 2 == 1) {
		f.intent = (struct fact_intent){
			.attempt = 1, .sent_ms = NOW_MS + request, .session = "s"};
		fact_begin(&f.head, FACT_INTENT, sizeof f.intent, NOW_MS);
		memcpy(f.intent.id, &request, sizeof request);
		return f;
	}
	f.settle = (struct fact_settle){.attempt = 1,
		.outcome = OUTCOME_SETTLED_USAGE,
		.final = 1,
		.status = 200,
		.cost_nanousd = 7,
		.done_ms = NOW_MS + request};
	fact_begin(&f.head, FACT_SETTLE, sizeof f.settle, NOW_MS);
	memcpy(f.settle.id, &request, sizeof request);
	return f;
}

static struct ledger *open_ledger(const char *dir, struct err *e)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = MAX_BYTES,
		.instance = 1,
		.now_ms = NOW_MS};
	struct ledger_found found;
	struct ledger *l;
	return ledger_open(&l, &plan, &found, e) ? l : NULL;
}

static bool commit(struct ledger *l, uint64_t from, uint64_t to, struct err *e)
{
	if (!ledger_begin(l, e))
		return false;
	for (uint64_t n = from; n <= to; n++) {
		union fact f = fact_number(n);
		if (ledger_apply(l, SLOT_DISPATCH, n, &f) == LEDGER_FAILED)
			break;
	}
	return ledger_commit(l, e);
}

/* Behind each commit the oldest row goes, so that what deletes is hurt too. */
static bool prune(struct ledger *l, struct err *e)
{
	struct prune_policy p = {.rows_before_ms = UINT64_MAX};
	uint32_t n;
	return ledger_prune(l, &p, 1, &n, e);
}

/* As record does: the first failure is the end. */
static int work(const char *dir)
{
	struct err e = {0};
	struct ledger *l = open_ledger(dir, &e);
	bool ok = l != NULL;
	for (uint64_t i = 0; ok && i < COMMITS; i++) {
		uint64_t to = (i + 1) * FACTS_A_COMMIT;
		ok = commit(l, i * FACTS_A_COMMIT + 1, to, &e);
		if (ok)
			printf("%u\n", (unsigned)to), fflush(stdout);
		ok = ok && prune(l, &e);
	}
	ledger_close(l);
	if (!ok)
		fprintf(stderr, "%s\n", e.text);
	return ok ? 0 : 74;
}

static const char *look(struct ledger *l, uint64_t acked)
{
	static struct verify_report r;
	struct err e = {0};
	uint64_t n = ledger_position(l, SLOT_DISPATCH);
	if (n < acked)
		return "an acknowledged fact is lost";
	if (ledger_totals(l)->cost_nanousd != 7 * (n / 2))
		return "a fact counts twice, or not at all";
	if (!verify_ledger(ledger_store(l), &r, &e) || r.n_faults > 0)
		return "verify finds faults";
	if (n < FACTS && !commit(l, n + 1, FACTS, &e))
		return "it cannot go on";
	return ledger_totals(l)->cost_nanousd == 7 * (FACTS / 2) ? NULL
								 : "it went on wrong";
}

static int judge(const char *dir, uint64_t acked)
{
	struct err e = {0};
	struct ledger *l = open_ledger(dir, &e);
	const char *fault = l != NULL ? look(l, acked) : e.text;
	if (fault != NULL)
		printf("%s\n", fault);
	ledger_close(l);
	return fault != NULL;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st, (void)kind, (void)f;
	return remove(path);
}

static int undisturbed(void)
{
	char dir[] = "/dev/shm/ledger-calls-XXXXXX";
	must(mkdtemp(dir) != NULL);
	int failed = work(dir) != 0 || judge(dir, FACTS) != 0;
	(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	printf("%d passed, %d failed\n", !failed, failed);
	return failed;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "work") == 0)
		return work(argv[2]);
	if (argc == 4 && strcmp(argv[1], "judge") == 0)
		return judge(argv[2], strtoull(argv[3], NULL, 10));
	return undisturbed();
}

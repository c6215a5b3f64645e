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
#include "ledger_life.h"

#include "store/prune.h"
#include "store/verify.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMITS = 4, FACTS_A_COMMIT = 6, FACTS = COMMITS * FACTS_A_COMMIT };

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
	struct ledger *l = life_open(dir, &e);
	bool ok = l != NULL;
	for (uint64_t i = 0; ok && i < COMMITS; i++) {
		uint64_t to = (i + 1) * FACTS_A_COMMIT;
		ok = life_commit(l, i * FACTS_A_COMMIT + 1, to, &e);
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
	if (ledger_totals(l)->cost_nanousd != life_cost(n))
		return "a fact counts twice, or not at all";
	if (!verify_ledger(ledger_store(l), &r, &e) || r.n_faults > 0)
		return "verify finds faults";
	if (n < FACTS && !life_commit(l, n + 1, FACTS, &e))
		return "it cannot go on";
	return ledger_totals(l)->cost_nanousd == life_cost(FACTS) ? NULL
								  : "it went on wrong";
}

static int judge(const char *dir, uint64_t acked)
{
	struct err e = {0};
	struct ledger *l = life_open(dir, &e);
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

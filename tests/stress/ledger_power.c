/*
 * The ledger and the disk below it. LMDB's writes to data.mdb pass through here, so that
 *
 *	power    after every write and every acknowledged commit the power may fail, from
 *	         the making of the file on: it then has what was synced and any part of
 *	         what was not. All subsets of up to five unsynced writes are images, some
 *	         random ones of more, and each also with its last write torn at a sector.
 *	         Each image must open, hold every acknowledged fact exactly once, and
 *	         pass verify.
 *	faults   each single system call of some commits is killed before or behind it,
 *	         fails with EIO or ENOSPC, or is cut short, while another process reads;
 *	         the same must hold for what is left, and a successor must be able to go
 *	         on.
 *
 *	ledger_power [STATES]      all images of the file's making, and so many of the
 *	                           others, spread over all of the work; 1000 when not given
 *
 * O_DSYNC writes are durable when they return. A harness that cannot fail proves nothing:
 * with a disk that lies about its syncs, bad states must be found.
 */
#include "disk.h"
#include "ledger_life.h"

#include "base/hash.h"
#include "store/prune.h"
#include "store/query.h"
#include "store/verify.h"

#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	COMMITS = 40,
	FACTS_A_COMMIT = 6,
	FACTS = COMMITS * FACTS_A_COMMIT,
	FAULT_COMMITS = 2,
	STATES = 1000,
	LYING_STATES = 60,
	ALL_SUBSETS_OF = 5,
	RANDOM_SUBSETS = 6,
	SECTOR = 512
};

/* Half of the commits also prune, by moving the edge on. */
static bool prune(struct ledger *l, uint64_t n, struct err *e)
{
	struct prune_policy p = {.rows_before_ms = NOW_MS + n / 4 * 20000,
		.tier_before_ms = {NOW_MS + n / 4 * 20000, 0, 0}};
	uint32_t taken;
	return ledger_prune(l, &p, 4, &taken, e);
}

/* ---- what must hold ----------------------------------------------------------------- */

enum verdict { WELL, DOES_NOT_OPEN, LOST, COUNTS_WRONG, DAMAGED, CANNOT_GO_ON, ENDED };

static enum verdict look_at(struct ledger *l, uint64_t acked, bool goes_on)
{
	struct verify_report r;
	struct err e = {0};
	uint64_t n = ledger_position(l, SLOT_DISPATCH);
	if (n < acked)
		return LOST;
	if (ledger_totals(l)->cost_nanousd != life_cost(n))
		return COUNTS_WRONG;
	if (!verify_ledger(ledger_store(l), &r, &e) || r.n_faults > 0)
		return DAMAGED;
	if (goes_on && (!life_commit(l, n + 1, FACTS, &e) ||
			       ledger_totals(l)->cost_nanousd != life_cost(FACTS)))
		return CANNOT_GO_ON;
	return WELL;
}

static enum verdict judge(const char *dir, uint64_t acked, bool goes_on)
{
	struct err e = {0};
	struct ledger *l = life_open(dir, &e);
	enum verdict v = l != NULL ? look_at(l, acked, goes_on) : DOES_NOT_OPEN;
	ledger_close(l);
	return v;
}

static const char *const verdicts[] = {"well", "does not open", "lost a commit",
	"counts wrong", "is damaged", "cannot go on", "ended its reader"};

static int judge_apart(const char *dir, uint64_t acked, bool goes_on)
{
	int status;
	pid_t child = fork();
	must(child >= 0);
	if (child == 0)
		_exit((int)judge(dir, acked, goes_on));
	must(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : ENDED;
}

/* ---- power -------------------------------------------------------------------------- */

struct power {
	const char *dir; /* where images are looked at */
	uint8_t *durable;
	size_t n_durable;
	uint32_t pending[DISK_OPS], n_pending;
	uint64_t acked, rng;
	uint32_t n_states, n_bad;
	uint64_t n_images, all_images,
		most;   /* passed by, of so many; to be looked at */
	bool is_lying;  /* nothing is ever synced */
	bool is_placed; /* the file has its name; before, a start makes another */
};

static uint64_t dice(struct power *p, uint64_t below)
{
	p->rng = p->rng * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (p->rng >> 33) % below;
}

static size_t apply(uint8_t *image, size_t n, const struct op *o, uint64_t bytes)
{
	must(o->at + o->n <= DISK_FILE_BYTES);
	memcpy(image + o->at, o->bytes, bytes);
	return MAX(n, (size_t)(o->at + bytes));
}

/* Every image counts, and `most` of them are looked at, as far from each other as can be;
 * those of the file's making, which are few, each. */
static bool is_chosen(struct power *p)
{
	uint64_t i = p->n_images++;
	if (p->all_images == 0)
		return false;
	return !p->is_placed ||
	       (i + 1) * p->most / p->all_images > i * p->most / p->all_images;
}

/* Where the next image is to be put. */
static const char *make_place(const struct power *p)
{
	static char path[128];
	if (p->is_placed)
		return file_of(p->dir);
	snprintf(path, sizeof path, "%s/ledger", p->dir);
	remove_dir(path);
	snprintf(path, sizeof path, "%s/ledger.new", p->dir);
	remove_dir(path);
	must(mkdir(path, 0700) == 0);
	snprintf(path, sizeof path, "%s/ledger.new/data.mdb", p->dir);
	return path;
}

/* One image: the writes whose bit is set, the last of them cut at `torn` bytes. */
static void look(struct power *p, uint64_t subset, bool is_torn)
{
	static uint8_t image[DISK_FILE_BYTES];
	size_t n = p->n_durable;
	uint32_t last = subset ? 63 - (uint32_t)__builtin_clzll(subset) : 0;
	if (!is_chosen(p))
		return;
	memcpy(image, p->durable, n);
	memset(image + n, 0, DISK_FILE_BYTES - n);
	for (uint32_t i = 0; i < p->n_pending && i < 64; i++) {
		const struct op *o = &disk.op[p->pending[i]];
		uint64_t bytes = o->n;
		if ((subset >> i & 1) == 0)
			continue;
		if (is_torn && i == last)
			bytes = dice(p, o->n / SECTOR + 1) * SECTOR;
		n = apply(image, n, o, bytes);
	}
	write_file(make_place(p), image, n);
	enum verdict verdict =
		p->is_lying ? (enum verdict)judge_apart(p->dir, p->acked, false)
			    : judge(p->dir, p->acked, false);
	p->n_states++;
	if (verdict == WELL)
		return;
	p->n_bad++;
	if (p->is_lying)
		return;
	printf("state %u (acknowledged %llu): the ledger %s\n", p->n_states,
		(unsigned long long)p->acked, verdicts[verdict]);
}

static void look_at_all(struct power *p)
{
	uint32_t n = MIN(p->n_pending, 63u);
	uint64_t all = n > 0 ? (UINT64_C(1) << n) - 1 : 0;
	if (n <= ALL_SUBSETS_OF) {
		for (uint64_t s = 0; s <= all; s++)
			look(p, s, false);
	} else {
		for (int i = 0; i < RANDOM_SUBSETS; i++)
			look(p, (dice(p, UINT64_MAX) << 31 ^ dice(p, UINT64_MAX)) & all,
				false);
	}
	if (n > 0)
		look(p, all, true);
}

static void make_durable(struct power *p, const struct op *o)
{
	p->n_durable = apply(p->durable, p->n_durable, o, o->n);
}

static void step(struct power *p, uint32_t ix)
{
	const struct op *o = &disk.op[ix];
	switch (o->kind) {
	case OP_WRITE:
		if (o->is_durable && !p->is_lying)
			make_durable(p, o);
		else
			p->pending[p->n_pending++] = ix;
		break;
	case OP_SYNC:
		for (uint32_t i = 0; i < p->n_pending && !p->is_lying; i++)
			make_durable(p, &disk.op[p->pending[i]]);
		p->n_pending = p->is_lying ? p->n_pending : 0;
		break;
	case OP_ACK:
		p->acked = o->n;
		break;
	case OP_PLACED:
		p->is_placed = true;
		break;
	}
	if (!p->is_lying || o->kind == OP_ACK)
		look_at_all(p);
}

/* The file is made, and COMMITS commits: everything that reaches the disk written down. */
static void record_work(const char *dir)
{
	struct err e = {0};
	disk.is_logged = disk.is_next = true;
	struct ledger *l = life_open(dir, &e);
	must(l != NULL);
	for (uint64_t i = 0; i < COMMITS; i++) {
		uint64_t to = (i + 1) * FACTS_A_COMMIT;
		must(life_commit(l, i * FACTS_A_COMMIT + 1, to, &e));
		log_op((struct op){.kind = OP_ACK, .n = to}, NULL);
		if (i % 2 == 1)
			must(prune(l, to, &e));
	}
	disk.is_logged = disk.is_watched = false;
	ledger_close(l);
}

static void replay(struct power *p)
{
	p->durable = calloc(1, DISK_FILE_BYTES);
	must(p->durable != NULL);
	for (uint32_t i = 0; i < disk.n; i++)
		step(p, i);
	free(p->durable);
}

/* Once to count the images, and again to look at some of them. */
static struct power run_images(struct power how)
{
	struct power p = how;
	replay(&p);
	how.all_images = p.n_images;
	replay(&how);
	return how;
}

static uint32_t run_power(uint32_t most, uint32_t *n_bad)
{
	static struct power p, lying;
	const char *work = make_dir("power-work"), *look_dir = make_dir("power-look");
	struct err e = {0};
	struct ledger *l = life_open(look_dir, &e); /* a folder to put images into */
	must(l != NULL);
	ledger_close(l);
	record_work(work);
	p = run_images((struct power){.dir = look_dir, .most = most, .rng = 1});
	lying = run_images((struct power){
		.dir = look_dir, .most = LYING_STATES, .rng = 2, .is_lying = true});
	printf("power: %u of %llu states of %u writes, syncs and commits, %u bad; %u bad "
	       "with a lying disk\n",
		p.n_states, (unsigned long long)p.all_images, disk.n, p.n_bad,
		lying.n_bad);
	*n_bad = p.n_bad + (lying.n_bad == 0) +
		 (p.n_states < MIN(most, (uint32_t)STATES));
	remove_dir(work);
	remove_dir(look_dir);
	return p.n_states + 2;
}

/* ---- faults --------------------------------------------------------------------------- */

/* Shared with the process that is hurt, and with the one that reads meanwhile. */
struct hurt {
	_Atomic uint64_t acked, n_calls;
	_Atomic bool is_open, is_read;
};

/* As fronts have it: while one reads, LMDB's lock file outlives its writer, and with it
 * what that one has said there last. */
static void read_meanwhile(const char *dir, struct hurt *h)
{
	struct store *s;
	struct err e = {0};
	while (!h->is_open)
		sched_yield();
	must(store_open_readonly(&s, dir, &e));
	h->is_read = true;
	for (;;)
		pause();
}

static void work_and_suffer(const char *dir, struct hurt *h)
{
	struct err e = {0};
	struct ledger *l = life_open(dir, &e);
	must(l != NULL);
	h->is_open = true;
	while (!h->is_read)
		sched_yield();
	watch(file_of(dir));
	for (uint64_t i = 0; i < FAULT_COMMITS; i++) {
		uint64_t to = (i + 1) * FACTS_A_COMMIT;
		bool done = life_commit(l, i * FACTS_A_COMMIT + 1, to, &e);
		h->n_calls = disk.n_calls;
		if (!done)
			_exit(74); /* as record does */
		h->acked = to;
	}
	_exit(0);
}

/* False = the call does not occur any more. */
static bool hurt_once(enum fault fault, uint64_t at, struct hurt *h, uint32_t *n_bad)
{
	int status;
	static char dir[64];
	snprintf(dir, sizeof dir, "/dev/shm/power-hurt-XXXXXX");
	must(mkdtemp(dir) != NULL);
	h->acked = h->n_calls = 0;
	h->is_open = h->is_read = false;
	pid_t reader = fork();
	must(reader >= 0);
	if (reader == 0)
		read_meanwhile(dir, h);
	pid_t child = fork();
	must(child >= 0);
	if (child == 0) {
		disk.fault = fault;
		disk.fault_at = at;
		work_and_suffer(dir, h);
	}
	must(waitpid(child, &status, 0) == child);
	bool was_hurt = !WIFEXITED(status) || h->n_calls >= at;
	int verdict = judge_apart(dir, h->acked, true);
	must(kill(reader, SIGKILL) == 0 && waitpid(reader, &status, 0) == reader);
	if (verdict != 0) {
		(*n_bad)++;
		printf("fault %d at call %llu: the ledger %s\n", (int)fault,
			(unsigned long long)at, verdicts[verdict]);
	}
	remove_dir(dir);
	return was_hurt;
}

static uint32_t run_faults(uint32_t *n_bad)
{
	struct hurt *h = mmap(NULL, sizeof *h, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t n = 0;
	must(h != MAP_FAILED);
	*n_bad = 0;
	for (enum fault f = FAULT_KILL; f < FAULTS; f++)
		for (uint64_t at = 1; hurt_once(f, at, h, n_bad); at++)
			n++;
	printf("faults: %u of single system calls, %u bad\n", n, *n_bad);
	return n;
}

int main(int argc, char **argv)
{
	uint32_t most = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : STATES;
	uint32_t bad_states, bad_faults;
	/* a thousand processes shall not clear what they never use */
	(void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	uint32_t n = run_power(most, &bad_states);
	n += run_faults(&bad_faults);
	printf("%u passed, %u failed\n", n - bad_states - bad_faults,
		bad_states + bad_faults);
	return bad_states + bad_faults > 0;
}

/*
 * Record: the process that decides what it cost. It alone writes the ledger; it opens
 * nothing on the network, and nobody waits for it but by looking at a position.
 *
 *	first unseen fact ──[ledger] commit_interval──► one transaction ──► durable
 *	                                                                      │
 *	      bells ◄── pulse ◄── lanes released ◄── spent ◄── token table ◄──┘
 *
 * A failed commit is the end of the process, never of a fact: the lanes were not released,
 * and the successor reads them again.
 *
 * When somebody has taken the ledger's file away, or cut it short, record stands still: it
 * is the last to have the file open, and nothing may be added to it. The facts wait in the
 * segment, so that soon nothing more is spent. It goes on when the file is back, and so does
 * one that was started meanwhile and has nothing to open. When a whole copy of the file has
 * been put there instead, it leaves, and its successor goes on with that.
 */
#include "record/record.h"

#include "base/clock.h"
#include "base/num.h"
#include "decide/clientgate.h"
#include "record/opening.h"
#include "record/pulse_tick.h"
#include "record/tokens_table.h"
#include "segment/client_use.h"
#include "store/prune.h"

#include <string.h>
#include <time.h>

enum {
	LOOK_EVERY_MS = 1000,     /* at who has died, for the ledger's reader slots */
	READERS_EVERY_MS = 60000, /* and at those slots whatever happens */
	SILENT_MS = 1000,         /* five ticks of anybody's loop */
	NAP_MAX_MS = 5,           /* between two looks at how full the lanes are */
	PRUNE_EVERY_MS = 1000,
	PRUNE_SLICE = 5000,    /* records a transaction: some milliseconds */
	PLACE_EVERY_MS = 1000, /* is the ledger's file still there? */
	ROOM_EVERY_MS = 1000,  /* and is there room for more? */
	LAST_COMMITS = 64      /* when told to leave at once */
};

/* ---- the end at the first failure --------------------------------------------- */

void record_log_failure(const struct err *e)
{
	char text[LOG_QUOTE_BYTES];
	struct str s = {e->text, strlen(e->text)};
	log_event(LOG_ERROR, EVENT_LEDGER_FAILED, "text=%s", log_quote(s, text));
}

void record_fail(struct record *r, const struct err *e)
{
	record_log_failure(e);
	process_leave(&r->process, PROCESS_EXIT_FAILED);
}

bool record_has_failed(const struct record *r)
{
	return r->process.exit_status == PROCESS_EXIT_FAILED;
}

/* ---- the ledger's file ------------------------------------------------------------ */

void record_tell_trouble(struct record *r, const struct err *e)
{
	if (strcmp(e->text, r->trouble.text) != 0)
		record_log_failure(e);
	r->trouble = *e;
}

/* The successor opens what stands there now, and finds in the lanes what that lacks. */
static void leave_to_copy(struct record *r)
{
	log_event(LOG_WARN, EVENT_WARNING,
		"text=\"a copy of the ledger has been put in its place: record is "
		"started again to go on with that\"");
	process_leave(&r->process, PROCESS_EXIT_FAILED);
}

/* Somebody has deleted LMDB's lock file. The successor makes another, and those who read
 * follow it there. */
static void leave_for_lock(struct record *r)
{
	log_event(LOG_WARN, EVENT_WARNING,
		"text=\"the ledger's lock.mdb was deleted while it is in use: record is "
		"started again to make another\"");
	process_leave(&r->process, PROCESS_EXIT_FAILED);
}

/* Look whether it is there, and say so when that has changed. */
static void look_at_place(struct record *r)
{
	struct err e = {0}, why = {0};
	bool was_gone = r->is_gone;
	r->place_ns = r->process.now_ns + PLACE_EVERY_MS * NS_PER_MS;
	r->is_gone = !ledger_is_in_place(r->ledger, &e);
	if (!r->is_gone && !ledger_has_lock(r->ledger)) {
		leave_for_lock(r);
		return;
	}
	watch_note_ledger(
		&r->watch, r->is_gone ? "its file is gone or cut short" : NULL);
	if (r->is_gone && ledger_has_copy(r->ledger, &why)) {
		leave_to_copy(r);
	} else if (r->is_gone) {
		record_tell_trouble(r, why.text[0] != '\0' ? &why : &e);
	} else if (was_gone) {
		r->trouble = (struct err){0};
		process_note(&r->process, EVENT_LEDGER_OPEN, "newest_fact",
			ledger_sequence(r->ledger));
	}
}

void record_look_at_room(struct record *r)
{
	r->room_ns = r->process.now_ns + ROOM_EVERY_MS * NS_PER_MS;
	room_look(&r->room, ledger_store(r->ledger));
	watch_note_room(&r->watch, &r->room);
}

/* ---- what day is it? -------------------------------------------------------------------- */

static void look_at_day(struct record *r)
{
	struct err e = {0};
	if (!spent_look(&r->spent, r->process.now_ms, &e))
		record_fail(r, &e);
}

/* ---- one commit ------------------------------------------------------------------ */

static void ring_those_who_wait(struct record *r, const bool moved[static MAX_SLOTS])
{
	for (uint32_t i = SLOT_FIRST_FRONT; i < r->harvest.n; i++)
		if (moved[i])
			process_ring(&r->process, i);
	/* room in the lane; a channel to wipe, a token to hand out */
	process_ring(&r->process, SLOT_DISPATCH);
	process_ring(&r->process, SLOT_MASTER);
}

static void count(struct record *r, const struct harvest_yield *y)
{
	process_count(&r->process, COUNTER_commits, 1);
	process_count(&r->process, COUNTER_facts_applied, y->n_applied);
	process_count(&r->process, COUNTER_facts_repeated, y->n_repeated);
	process_count(&r->process, COUNTER_facts_bad, y->n_bad);
}

/* The tables before the lane: whoever sees the position sees the token too, and what was
 * spent. */
static void publish(struct record *r, const struct harvest_yield *y)
{
	struct segment *s = r->process.segment;
	bool moved[MAX_SLOTS];
	if (y->has_token)
		tokens_table_take(&s->clients, &y->token);
	process_read_clocks(&r->process);
	spent_publish(&r->spent, r->process.now_ms);
	harvest_release(&r->harvest, moved);
	count(r, y);
	pulse_tick(s->pulse, r->ledger, r->process.now_ms);
	ring_those_who_wait(r, moved);
}

void record_commit(struct record *r)
{
	struct harvest_yield y;
	struct err e = {0};
	look_at_place(r);
	if (r->is_gone)
		return;
	process_read_clocks(&r->process);
	look_at_day(r);
	if (record_has_failed(r))
		return;
	if (!ledger_begin(r->ledger, &e)) {
		record_fail(r, &e);
		return;
	}
	harvest_apply(&r->harvest, r->ledger, &y);
	if (ledger_commit(r->ledger, &e))
		publish(r, &y);
	else
		record_fail(r, &e);
}

/* ---- gathering --------------------------------------------------------------------- */

static uint64_t interval_ns(const struct process *p)
{
	bool at_once = p->phase != PROCESS_RUNNING ||
		       p->settings.ledger_durability == SETTINGS_DURABILITY_STRICT;
	return at_once ? 0 : p->settings.ledger_commit_interval_ns;
}

static bool nap(uint64_t ns)
{
	struct timespec t = {.tv_nsec = (long)MIN(ns, NAP_MAX_MS * NS_PER_MS)};
	return nanosleep(&t, NULL) == 0;
}

/*
 * Let facts gather until the interval from the first one is over. Asleep here and not in
 * the loop, because here the bell is not armed: all who push meanwhile find record awake
 * and save themselves the ring, which costs more than their push. A signal ends it.
 */
static void gather(struct record *r)
{
	struct process *p = &r->process;
	uint64_t until = p->now_ns + interval_ns(p);
	for (uint64_t now = p->now_ns; now < until; now = clock_mono_ns()) {
		proc_beat(p->proc, now);
		if (harvest_is_pressing(&r->harvest) || !nap(until - now))
			return;
	}
}

/* ---- readers of the ledger that died in the middle ----------------------------------- */

static uint64_t sum_generations(const struct segment *s)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < segment_n_slots(s); i++)
		sum += proc_generation(segment_proc(s, i));
	return sum;
}

/* A successor in the process table is a death; atlasctl is in no table, hence the
 * minute. */
static void look_after_readers(struct record *r)
{
	uint64_t now = r->process.now_ns;
	if (now < r->look_ns)
		return;
	r->look_ns = now + LOOK_EVERY_MS * NS_PER_MS;
	uint64_t sum = sum_generations(r->process.segment);
	if (sum == r->generations && now < r->readers_ns)
		return;
	r->generations = sum;
	r->readers_ns = now + READERS_EVERY_MS * NS_PER_MS;
	(void)store_clear_dead_readers(ledger_store(r->ledger));
}

/* ---- what is too old ------------------------------------------------------------------- */

static uint64_t ago_ms(uint64_t now_ms, uint64_t ns)
{
	return num_sub_sat(now_ms, ns / NS_PER_MS);
}

static struct prune_policy policy(struct record *r)
{
	const struct settings *s = &r->process.settings;
	uint64_t now_ms =
		prune_clock_read(&r->prune_clock, r->process.now_ms, r->process.now_ns);
	return (struct prune_policy){.now_ms = now_ms,
		.rows_before_ms = ago_ms(now_ms, s->ledger_keep_rows_ns),
		.tier_before_ms = {ago_ms(now_ms, s->ledger_keep_minutes_ns),
			ago_ms(now_ms, s->ledger_keep_hours_ns),
			ago_ms(now_ms, s->ledger_keep_days_ns)}};
}

/* A slice a second, or the next one at once while there is more than a slice. */
static void prune(struct record *r)
{
	struct err e = {0};
	uint32_t n;
	if (r->process.now_ns < r->prune_ns)
		return;
	look_at_place(r);
	if (r->is_gone || record_has_failed(r))
		return;
	struct prune_policy p = policy(r);
	if (!ledger_prune(r->ledger, &p, PRUNE_SLICE, &n, &e))
		record_fail(r, &e);
	else if (n < PRUNE_SLICE)
		r->prune_ns = r->process.now_ns + PRUNE_EVERY_MS * NS_PER_MS;
}

/* ---- what the next start must know of alerts -------------------------------------------- */

static void keep_alerts(struct record *r)
{
	struct firing f;
	struct err e = {0};
	if (watch_has_news(&r->watch, &f) && !ledger_keep_firing(r->ledger, &f, &e))
		record_fail(r, &e);
}

/* ---- the loop's questions -------------------------------------------------------------- */

static bool wait_for_ledger(struct record *r)
{
	if (r->process.now_ns >= r->place_ns)
		opening_begin(r);
	return r->ledger != NULL;
}

/* Told to be unavailable: it may be otherwise by then. */
static bool wait_for_successor(struct record *r)
{
	if (r->process.now_ns >= r->leave_ns)
		process_leave(&r->process, PROCESS_EXIT_FAILED);
	return false;
}

static bool turn(void *role)
{
	struct record *r = role;
	watch_turn(&r->watch, &r->process);
	if (r->ledger == NULL)
		return wait_for_ledger(r);
	if (r->is_rehearsal)
		return wait_for_successor(r);
	look_after_readers(r);
	if (r->process.now_ns >= r->place_ns)
		look_at_place(r);
	if (r->is_gone)
		return false;
	if (r->process.now_ns >= r->room_ns)
		record_look_at_room(r);
	look_at_day(r);
	if (!record_has_failed(r))
		prune(r);
	bool is_ripe = !record_has_failed(r) && harvest_is_ripe(&r->harvest);
	if (is_ripe) {
		gather(r);
		record_commit(r);
	}
	/* after the facts: on a full disk what is small could be written, and they not */
	if (!record_has_failed(r) && !r->is_gone)
		keep_alerts(r);
	return is_ripe;
}

static bool has_work(const void *role)
{
	const struct record *r = role;
	return !r->is_gone && harvest_is_ripe(&r->harvest);
}

/* All else is looked at where it is used; the ledger's size needs a new start. */
static void adopt(void *role, const struct settings *old)
{
	struct record *r = role;
	struct client_limits was, is;
	gate_defaults(old, &was);
	gate_defaults(&r->process.settings, &is);
	client_use_adopt(&r->process.segment->clients, &was, &is);
}

/* turn() goes on as before, only without waiting. */
static void drain(void *role)
{
	(void)role;
}

/* Its row says alive, and so does its heart. With the master gone nobody corrects the
 * rows, and the heart alone tells. */
static bool may_still_spend(const struct record *r, uint32_t slot)
{
	const struct proc *p = segment_proc(r->process.segment, slot);
	enum proc_state s = proc_state(p);
	if (s != PROC_STARTING && s != PROC_READY && s != PROC_DRAINING)
		return false;
	return proc_heartbeat_ns(p) + SILENT_MS * NS_PER_MS > r->process.now_ns;
}

/* Everything said is durable, and nobody is left who could say more. */
static bool is_drained(const void *role)
{
	const struct record *r = role;
	for (uint32_t i = 0; i < r->harvest.n; i++)
		if (i != SLOT_MASTER && i != SLOT_RECORD && may_still_spend(r, i))
			return false;
	return !harvest_is_ripe(&r->harvest);
}

static const struct process_ops ops = {.turn = turn,
	.has_work = has_work,
	.adopt = adopt,
	.drain = drain,
	.is_drained = is_drained};

/* ---- from fork to exit ------------------------------------------------------------------ */

/* Told to leave at once or out of time: what was said until now is still taken. */
static void commit_what_is_left(struct record *r)
{
	for (int i = 0; i < LAST_COMMITS; i++) {
		if (record_has_failed(r) || r->is_gone || !harvest_is_ripe(&r->harvest))
			return;
		record_commit(r);
	}
}

int record_main(const struct heritage *h)
{
	static struct record self;
	process_enter(&self.process, h, &ops, &self);
	watch_open(&self.watch, self.process.segment);
	opening_begin(&self);
	self.generations = sum_generations(self.process.segment);
	if (!record_has_failed(&self) && process_run(&self.process) == PROCESS_EXIT_OK)
		commit_what_is_left(&self);
	watch_close(&self.watch, record_has_failed(&self));
	opening_end(&self);
	process_fini(&self.process);
	return self.process.exit_status;
}

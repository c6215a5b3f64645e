/* Dispatch: start, loop, end. */
#include "dispatch/dispatch.h"

#include "base/clock.h"
#include "decide/places.h"
#include "dispatch/attempt.h"
#include "dispatch/governor.h"
#include "dispatch/intake.h"
#include "dispatch/obey.h"
#include "dispatch/position.h"
#include "dispatch/recover.h"
#include "dispatch/replay_store.h"
#include "dispatch/reply.h"
#include "dispatch/schedule.h"
#include "dispatch/transfer.h"
#include "dispatch/upstream.h"

#include <stdlib.h>

#define SWEEP_EVERY_NS (100 * NS_PER_MS)
#define SCAN_EVERY_NS  NS_PER_S

static struct dispatch self;

/* ---- the catalogue ------------------------------------------------------------------ */

void dispatch_adopt_catalogue(struct dispatch *d)
{
	struct page *page = d->process.segment->catalogue;
	if (page_epoch(page) == d->catalogue_epoch)
		return;
	struct catalogue *c = malloc(sizeof *c);
	must(c != NULL);
	struct err e = {0};
	uint64_t epoch = page_read(page, c, sizeof *c);
	if (epoch == 0) {
		free(c); /* the master was quicker: next turn */
		return;
	}
	d->catalogue_epoch = epoch;
	struct str text = {c->text, MIN(c->n_bytes, sizeof c->text)};
	struct models *fresh = models_parse(text, "catalogue", &e);
	must(fresh != NULL || d->models != NULL); /* the master has checked it */
	if (fresh != NULL) {
		models_free(d->models);
		d->models = fresh;
	}
	free(c);
}

/* ---- the turn ------------------------------------------------------------------------ */

/* Each time, not once a turn: a front that looks already may have emptied the pipe since
 * the last hint, and would never hear of what came behind it. */
void dispatch_tell(struct dispatch *d, struct job *j)
{
	channel_tell(&d->channels[j->channel], j->ref);
	d->told[j->channel] = true;
}

static uint32_t slot_of_channel(const struct dispatch *d, uint32_t channel_ix)
{
	return channel_ix == segment_record_channel(d->process.segment)
		       ? SLOT_RECORD
		       : segment_slot_of_channel(channel_ix);
}

/* One ring a process a turn, whatever was done for it. */
static void ring_all(struct dispatch *d)
{
	for (uint32_t i = 0; i <= d->process.segment->n_channels; i++) {
		if (d->told[i])
			process_ring(&d->process, slot_of_channel(d, i));
		d->told[i] = false;
	}
	if (d->facts_pushed)
		process_ring(&d->process, SLOT_RECORD);
	d->facts_pushed = false;
}

static void look_around(struct dispatch *d)
{
	uint64_t now = d->process.now_ns;
	if (now >= d->next_sweep_ns || now >= d->wake_ns) {
		d->wake_ns = UINT64_MAX;
		schedule_sweep(d);
		governor_publish(d);
		d->next_sweep_ns = now + SWEEP_EVERY_NS;
	}
	if (now >= d->next_scan_ns) {
		intake_scan(d);
		replays_expire(&d->replays, now);
		d->next_scan_ns = now + SCAN_EVERY_NS;
	}
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

/* The one timer: the next sweep, or sooner when something may start before it. */
static void arm_wake(struct dispatch *d)
{
	uint64_t at = MIN(d->wake_ns, d->next_sweep_ns);
	uint64_t ns = at > d->process.now_ns ? at - d->process.now_ns : 0;
	struct timeval tv = {
		(time_t)(ns / NS_PER_S), (suseconds_t)(ns % NS_PER_S / NS_PER_US) + 1};
	if (d->jobs.n > 0)
		must(event_add(d->wake, &tv) == 0);
}

/* Record's first pulse says that the ledger is open under this segment. */
static void watch_commits(struct dispatch *d)
{
	bool is_open = page_epoch(d->process.segment->pulse) != 0;
	commit_watch_see(&d->commits, is_open, facts_position(&d->facts),
		facts_committed(&d->facts), d->process.now_ns);
}

static bool turn(void *role)
{
	struct dispatch *d = role;
	dispatch_adopt_catalogue(d);
	recover_dead_channels(d);
	bool busy = intake_lanes(d);
	busy |= obey_orders(d);
	watch_commits(d);
	look_around(d);
	busy |= schedule_committed(d);
	governor_tell_record(d);
	busy |= schedule_start(d);
	governor_tell_record(d);
	replay_store_turn(d);
	webhook_turn(&d->webhook);
	position_publish(d);
	ring_all(d);
	arm_wake(d);
	return busy;
}

static bool has_work(const void *role)
{
	const struct dispatch *d = role;
	return intake_has_hints(d) || obey_has_orders(d);
}

/* Whatever waits or comes back to wait again. */
static uint32_t backlog_room(const struct settings *s)
{
	return (uint32_t)(places_all(s->queue_max_size) + s->max_concurrent);
}

static void make_room(struct dispatch *d)
{
	uint32_t n = backlog_room(&d->process.settings);
	backlog_make_room(d->backlog, n);
	backlog_make_room(d->order, n);
}

static void adopt(void *role, const struct settings *old)
{
	(void)old;
	struct dispatch *d = role;
	if (keystore_receive(&d->keys))
		governor_note_key(d);
	struct upstream *fresh = upstream_new(&d->process.settings, d->keys.ring);
	upstream_drop(d->upstream);
	d->upstream = fresh;
	d->behind = NULL;
	governor_adopt(d);
	make_room(d);
	backlog_set_ageing(d->backlog, d->process.settings.queue_ageing);
}

static void drain(void *role)
{
	(void)role;
}

static bool is_drained(const void *role)
{
	const struct dispatch *d = role;
	return d->jobs.n == 0 && d->toolcalls.n == 0;
}

/* The segment is lost: the fronts answer everything themselves, so just go. */
static void abandon_all(void *role)
{
	struct dispatch *d = role;
	process_leave(&d->process, PROCESS_EXIT_OK);
}

static const struct process_ops ops = {
	turn, has_work, adopt, drain, is_drained, abandon_all};

/* ---- start and end --------------------------------------------------------------------- */

static void attach_channels(struct dispatch *d)
{
	uint32_t n = d->process.segment->n_channels + 1;
	for (uint32_t i = 0; i < n; i++)
		must(segment_channel(d->process.segment, i, &d->channels[i]));
}

static void open_all(struct dispatch *d, const struct heritage *h)
{
	const struct settings *s = &d->process.settings;
	struct segment *segment = d->process.segment;
	if (!keystore_open(&d->keys, h->key_fd))
		exit(PROCESS_EXIT_FAILED);
	must(segment_facts(segment, SLOT_DISPATCH, &d->facts));
	transfers_init(&d->transfers, d->process.base);
	toolcalls_open(d);
	webhook_open(&d->webhook, &d->process);
	d->upstream = upstream_new(s, d->keys.ring);
	d->backlog = backlog_new(backlog_room(s));
	d->order = backlog_new(backlog_room(s));
	backlog_set_ageing(d->backlog, s->queue_ageing);
	replay_store_open(d);
	d->wake = evtimer_new(d->process.base, on_wake, d);
	must(d->wake != NULL);
	d->wake_ns = UINT64_MAX;
	attach_channels(d);
	dispatch_adopt_catalogue(d);
	governor_open(d);
}

/* The ledger knows of an attempt of it and waits for the next. */
static bool is_between_attempts(const struct job *j)
{
	return (j->state == JOB_WAITING || j->state == JOB_BACKOFF) &&
	       exchange_attempt(j->exchange) > 0;
}

/* Whatever still runs when the time to drain is over is settled before we go. */
static void abort_rest(struct dispatch *d)
{
	for (struct job *j = d->jobs.all, *next; j != NULL; j = next) {
		next = j->next;
		if (j->state == JOB_RUNNING || j->state == JOB_INTENT)
			attempt_abort(d, j, FAILURE_STOPPED);
		else if (is_between_attempts(j))
			attempt_refuse(d, j, FAILURE_STOPPED);
	}
	toolcalls_end_all(d, UINT32_MAX, FAILURE_STOPPED);
	ring_all(d);
}

static void free_jobs(struct dispatch *d)
{
	for (struct job *j = d->jobs.all, *next; j != NULL; j = next) {
		next = j->next;
		reply_free(j->reply);
		j->reply = NULL;
		j->answer = NULL;
		job_free(j);
	}
	for (uint32_t i = 0; i < MAX_CHANNELS; i++)
		free(d->jobs.by_slot[i]);
}

static void close_all(struct dispatch *d)
{
	free_jobs(d);
	replay_store_close(d);
	event_free(d->wake);
	backlog_free(d->backlog);
	backlog_free(d->order);
	upstream_drop(d->upstream);
	models_free(d->models);
	toolcalls_close(d);
	webhook_close(&d->webhook);
	transfers_fini(&d->transfers);
	governor_close(d);
	keystore_close(&d->keys);
}

int dispatch_main(const struct heritage *h)
{
	process_enter(&self.process, h, &ops, &self);
	open_all(&self, h);
	recover_exchanges(&self);
	int status = process_run(&self.process);
	abort_rest(&self);
	close_all(&self);
	process_fini(&self.process);
	return status;
}

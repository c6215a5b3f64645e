/* From the ledger on disk to the tables in the segment. */
#include "record/opening.h"

#include "base/clock.h"
#include "record/past_build.h"
#include "record/pulse_tick.h"
#include "record/salvage.h"
#include "record/tokens_table.h"

enum {
	REHEARSED_MS = 2000, /* until a successor tries in earnest */
	TRY_EVERY_MS = 1000  /* what cannot be read */
};

static void tell_opened(struct record *r, const struct ledger_found *f)
{
	process_note(&r->process, EVENT_LEDGER_OPEN, "newest_fact",
		ledger_sequence(r->ledger));
	if (f->has_covered)
		log_event(LOG_WARN, EVENT_WARNING,
			"text=\"the ledger is at the commit before one that the disk refused, "
			"or its meta pages were damaged, and they are written again: look "
			"at the disk, and run atlasctl verify\"");
	if (f->n_lost == 0 && f->n_bad_rows == 0)
		return;
	log_event(LOG_WARN, EVENT_RECOVERED, "unknown=%llu damaged=%llu",
		(unsigned long long)f->n_lost, (unsigned long long)f->n_bad_rows);
}

/* Has a record had the ledger open under this segment? */
static bool has_predecessor(const struct segment *s)
{
	struct pulse pulse;
	return page_read(s->pulse, &pulse, sizeof pulse) != 0;
}

/* Has this service had a ledger, if only to read, or under another segment? */
static bool has_had_ledger(const struct segment *s)
{
	const struct counter_row *master = segment_counters(s, SLOT_MASTER);
	return clients_is_published(&s->clients) ||
	       counter_of(master, COUNTER_segment_resets) > 0;
}

static bool open_prune_clock(struct record *r, struct err *e)
{
	const struct process *p = &r->process;
	struct moment now = {p->segment->boot, clock_boot_ns(), p->now_ms};
	return prune_clock_open(
		&r->prune_clock, ledger_store(r->ledger), &now, p->now_ns, e);
}

/* Under a segment of which nothing is in it yet, what was left behind comes first. */
static bool open_ledger(
	struct record *r, bool is_rehearsal, struct ledger_found *found, struct err *e)
{
	const struct process *p = &r->process;
	uint64_t instance = p->segment->shared->header.instance;
	bool goes_on = has_predecessor(p->segment);
	struct ledger_plan plan = {.data_dir = p->settings.data_dir,
		.max_bytes = p->settings.ledger_max_bytes,
		.instance = goes_on ? instance : 0,
		.now_ms = p->now_ms,
		.goes_on = goes_on,
		.must_be_there = has_had_ledger(p->segment),
		.is_rehearsal = is_rehearsal,
		.on_counted = spent_on_counted,
		.on_counted_arg = &r->spent};
	if (!ledger_open(&r->ledger, &plan, found, e))
		return false;
	if (goes_on)
		return true;
	return salvage(r->ledger, p->settings.run_dir, p->now_ms, is_rehearsal, e) &&
	       ledger_follow(r->ledger, instance, p->now_ms, found, e);
}

/* What everybody goes by, from the ledger. */
static bool publish_tables(struct record *r, struct err *e)
{
	const struct process *p = &r->process;
	struct segment *s = p->segment;
	struct store *store = ledger_store(r->ledger);
	if (!tokens_table_load(&s->clients, store, e))
		return false;
	if (!spent_open(&r->spent, &s->clients, store, p->now_ms, e))
		return false;
	return past_build(s, store, &p->settings, e);
}

static bool restore_alerts(struct record *r, struct err *e)
{
	struct firing f;
	if (!firing_read(ledger_store(r->ledger), &f, e))
		return false;
	watch_restore(&r->watch, &f);
	return true;
}

/* Alerts fire on where a predecessor that had the ledger has told them, or the time before
 * this segment. */
static bool begin_watch(struct record *r, struct err *e)
{
	const struct segment *s = r->process.segment;
	struct watch_books books = {
		&r->spent, ledger_totals(r->ledger), ledger_store(r->ledger)};
	bool is_first =
		page_epoch(s->alerts) == 0 || !clients_is_published(&s->clients);
	return watch_follow(&r->watch, &books, &r->process, e) &&
	       (!is_first || restore_alerts(r, e));
}

static bool begin(struct record *r, struct err *e)
{
	struct segment *s = r->process.segment;
	struct ledger_found found;
	if (!open_ledger(r, false, &found, e))
		return false;
	tell_opened(r, &found);
	if (!harvest_open(&r->harvest, s, r->ledger, e) || !publish_tables(r, e) ||
		!begin_watch(r, e) || !open_prune_clock(r, e))
		return false;
	record_look_at_room(r);
	pulse_tick(s->pulse, r->ledger, r->process.now_ms);
	return true;
}

void opening_end(struct record *r)
{
	watch_forget(&r->watch);
	r->room = (struct room){0};
	ledger_close(r->ledger);
	r->ledger = NULL;
	r->harvest.n = 0;
	spent_close(&r->spent);
}

static bool rehearse(struct record *r, struct err *e)
{
	struct ledger_found found;
	opening_end(r);
	if (!open_ledger(r, true, &found, e) || !publish_tables(r, e) ||
		!begin_watch(r, e))
		return false;
	watch_note_ledger(&r->watch, "it cannot be written");
	r->is_rehearsal = true;
	r->leave_ns = r->process.now_ns + REHEARSED_MS * NS_PER_MS;
	return true;
}

/* What waits already is taken without gathering: at a start that is the admin token, and
 * who is told that the tokens are there looks for it next. Where it cannot be written the
 * others begin nevertheless, to say that. */
static void publish_tokens(struct record *r)
{
	struct clients *c = &r->process.segment->clients;
	if (!clients_is_published(c) && harvest_is_ripe(&r->harvest))
		record_commit(r);
	clients_publish(c);
}

static void try_later(struct record *r, const struct err *e)
{
	record_tell_trouble(r, e);
	r->place_ns = r->process.now_ns + TRY_EVERY_MS * NS_PER_MS;
	watch_note_ledger(&r->watch, "its file is gone or cannot be read");
}

/* Whoever goes on has no need to rehearse: all that it would publish is there. */
void opening_begin(struct record *r)
{
	struct err e = {0}, why = {0};
	const struct segment *s = r->process.segment;
	if (begin(r, &e)) {
		r->trouble = (struct err){0};
		publish_tokens(r);
		return;
	}
	if (!has_predecessor(s) && rehearse(r, &why)) {
		record_log_failure(&e);
		publish_tokens(r);
		return;
	}
	opening_end(r);
	if (has_had_ledger(s))
		try_later(r, &e);
	else
		record_fail(r, &e);
}

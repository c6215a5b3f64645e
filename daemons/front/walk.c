/* Reading the ledger without stopping. */
#include "front/walk.h"

#include "base/clock.h"
#include "front/answer.h"
#include "store/closed.h"

#include <sched.h>
#include <event2/event.h>
#include <stdlib.h>

enum { LOOK_AGAIN_MS = 2 };

static bool is_read(const struct front *f)
{
	const struct walk *w = f->walks;
	while (w != NULL && !w->is_begun)
		w = w->next;
	return w != NULL;
}

/* LMDB wants one handle a process: the old one is closed first, so nobody may read. */
static void leave_replaced(struct front *f)
{
	if (!f->is_replaced || is_read(f))
		return;
	store_close(f->store);
	f->store = NULL;
	closed_free(f->closed);
	f->closed = NULL;
	f->is_replaced = false;
}

void walks_look_for_another(struct front *f)
{
	if (f->store != NULL &&
		store_is_replaced(f->store, f->process.settings.data_dir))
		f->is_replaced = true;
	leave_replaced(f);
}

static bool open_store(struct front *f, struct err *e)
{
	return f->store != NULL ||
	       store_open_readonly(&f->store, f->process.settings.data_dir, e);
}

static void drop_state(const struct walk *w)
{
	if (w->drop != NULL)
		w->drop(w->state);
	else
		free(w->state);
}

static void link_first(struct front *f, struct walk *w)
{
	w->prev = NULL;
	w->next = f->walks;
	if (w->next != NULL)
		w->next->prev = w;
	f->walks = w;
}

static void take_out(struct front *f, struct walk *w)
{
	must((w->prev == NULL) == (f->walks == w));
	*(w->prev ? &w->prev->next : &f->walks) = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
}

static void let_go(struct front *f, const struct walk *w)
{
	if (f->holder != w)
		return;
	store_release(f->store);
	f->holder = NULL;
}

static void end(struct front *f, struct walk *w)
{
	let_go(f, w);
	take_out(f, w);
	drop_state(w);
	free(w);
}

static void on_left(struct conn *c)
{
	struct walk *w = c->ask;
	w->conn = NULL;
}

static void on_writable(struct conn *c)
{
	(void)c; /* walks_turn() looks for room itself */
}

static const struct conn_ops ops = {on_left, on_writable};

static void note_failure(struct front *f, const struct err *why)
{
	process_count(&f->process, COUNTER_reads_failed, 1);
	log_event(LOG_ERROR, EVENT_LEDGER_FAILED, "error=\"%s\"", why->text);
}

void walk_refuse(struct conn *c, const struct err *why)
{
	struct apierr e;
	note_failure(c->front, why);
	(void)apierr_default(&e, APIERR_LEDGER_UNAVAILABLE);
	if (c->front->store != NULL) /* else the path is of nobody's business */
		(void)apierr_set(&e, APIERR_LEDGER_UNAVAILABLE, NULL,
			"This cannot be told at the moment: %s.", why->text);
	answer_apierr(c, &e);
}

void walk_begin(struct conn *c, const struct walk *plan)
{
	struct front *f = c->front;
	struct err e = {0};
	warm_stop(f);
	walks_look_for_another(f);
	if (!open_store(f, &e)) {
		drop_state(plan);
		walk_refuse(c, &e);
		return;
	}
	struct walk *w = malloc(sizeof *w);
	must(w != NULL);
	*w = *plan;
	w->conn = c;
	if (w->is_fresh)
		walk_ask_again(w);
	link_first(f, w);
	conn_wait(c, &ops, w);
}

void walk_ask_again(struct walk *w)
{
	struct front *f = w->conn->front;
	let_go(f, w);
	w->mark = watermark_take(f->process.segment);
	w->fresh_until_ns = f->process.now_ns + WALK_FRESH_MS * NS_PER_MS;
}

/* ---- turns ----------------------------------------------------------------------- */

static bool waits_for_record(const struct front *f, const struct walk *w)
{
	return w->is_fresh && w->conn != NULL && !watermark_is_written(&w->mark) &&
	       f->process.now_ns < w->fresh_until_ns;
}

/* It may go on for as long as its client likes, and others wait for the file that stands
 * there now. */
static bool is_outlived(const struct front *f, const struct walk *w)
{
	return f->is_replaced && w->is_begun && w->is_stream;
}

static bool is_resting(const struct front *f, const struct walk *w)
{
	if (w->conn == NULL)
		return false;
	if (f->is_replaced && !w->is_begun)
		return true;
	if (is_outlived(f, w))
		return false;
	if (waits_for_record(f, w))
		return true;
	if (w->is_one_moment && f->holder != NULL && f->holder != w)
		return true;
	return w->is_stream && !conn_has_room(w->conn);
}

/* The one that has waited longest: who has had a slice goes to the front of the list. */
static struct walk *whose_turn(const struct front *f)
{
	struct walk *found = NULL;
	for (struct walk *w = f->walks; w != NULL; w = w->next)
		if (!is_resting(f, w))
			found = w;
	return found;
}

static enum query_verdict read_slice(struct front *f, struct walk *w, struct err *e)
{
	if (w->conn == NULL)
		return QUERY_DONE;
	if (is_outlived(f, w)) {
		(void)err_set(e, "the ledger: another file stands in its place by now: "
				 "an answer is cut");
		return QUERY_FAILED;
	}
	if (!open_store(f, e))
		return QUERY_FAILED;
	w->is_begun = true;
	if (w->is_one_moment && f->holder == NULL) {
		if (!store_hold(f->store, e))
			return QUERY_FAILED;
		f->holder = w;
	}
	return w->slice(w, e);
}

static void fail(struct walk *w, const struct err *e)
{
	if (!w->is_stream || !w->is_begun) {
		walk_refuse(w->conn, e);
		return;
	}
	note_failure(w->conn->front, e);
	conn_stream_cut(w->conn); /* without its last chunk nobody takes it for whole */
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg; /* it wakes */
}

/* Record rings only those who have said something. */
static void look_again(struct front *f)
{
	static const struct timeval soon = {.tv_usec = LOOK_AGAIN_MS * 1000};
	const struct walk *w = f->walks;
	while (w != NULL && !waits_for_record(f, w))
		w = w->next;
	if (w == NULL)
		return;
	if (f->walk_look == NULL)
		f->walk_look = evtimer_new(f->process.base, on_look, NULL);
	must(f->walk_look != NULL && evtimer_add(f->walk_look, &soon) == 0);
}

/* What the answer says is then less than what was spent. */
static void tell_damaged(struct front *f, uint64_t n)
{
	if (n == 0)
		return;
	process_count(&f->process, COUNTER_records_damaged, n);
	log_event(LOG_ERROR, EVENT_LEDGER_DAMAGED,
		"records=%llu text=\"an answer leaves them out: run atlasctl verify, and "
		"put a whole copy of the ledger back\"",
		(unsigned long long)n);
}

bool walks_turn(struct front *f)
{
	struct err e = {0};
	struct walk *w = whose_turn(f);
	if (w == NULL) {
		look_again(f);
		return false;
	}
	(void)sched_yield(); /* whoever else wants this CPU is waited for */
	switch (read_slice(f, w, &e)) {
	case QUERY_MORE:
		take_out(f, w);
		link_first(f, w);
		return true;
	case QUERY_DONE:
		if (w->conn != NULL)
			w->finish(w);
		tell_damaged(f, w->place.n_bad);
		break;
	case QUERY_FAILED:
		fail(w, &e);
		break;
	}
	end(f, w);
	leave_replaced(f);
	return true;
}

bool walks_have_work(const struct front *f)
{
	return whose_turn(f) != NULL;
}

void walks_close(struct front *f)
{
	while (f->walks != NULL)
		end(f, f->walks);
	warm_stop(f);
	store_close(f->store);
	closed_free(f->closed);
	if (f->walk_look != NULL)
		event_free(f->walk_look);
}

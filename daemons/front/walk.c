/* Reading the ledger without stopping. */
#include "front/walk.h"

#include "front/answer.h"
#include "store/closed.h"

#include <sched.h>
#include <stdlib.h>

/* LMDB wants one handle a process: the old one is closed first, so nobody may read. */
static void leave_replaced(struct front *f)
{
	if (f->store == NULL || f->walks != NULL ||
		!store_is_replaced(f->store, f->process.settings.data_dir))
		return;
	store_close(f->store);
	f->store = NULL;
}

static bool open_store(struct front *f)
{
	struct err e = {0};
	leave_replaced(f);
	if (f->store != NULL ||
		store_open_readonly(&f->store, f->process.settings.data_dir, &e))
		return true;
	log_event(LOG_WARN, EVENT_LEDGER_FAILED, "error=\"%s\"", e.text);
	return false;
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

static void end(struct front *f, struct walk *w)
{
	if (f->holder == w) {
		store_release(f->store);
		f->holder = NULL;
	}
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

void walk_begin(struct conn *c, const struct walk *plan)
{
	struct front *f = c->front;
	if (!open_store(f)) {
		drop_state(plan);
		answer_error(c, APIERR_LEDGER_UNAVAILABLE);
		return;
	}
	struct walk *w = malloc(sizeof *w);
	must(w != NULL);
	*w = *plan;
	w->conn = c;
	link_first(f, w);
	conn_wait(c, &ops, w);
}

/* ---- turns ----------------------------------------------------------------------- */

static bool is_resting(const struct front *f, const struct walk *w)
{
	if (w->conn == NULL)
		return false;
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
	if (w->is_one_moment && f->holder == NULL) {
		if (!store_hold(f->store, e))
			return QUERY_FAILED;
		f->holder = w;
	}
	return w->slice(w, e);
}

static void fail(struct walk *w, const struct err *e)
{
	log_event(LOG_ERROR, EVENT_LEDGER_FAILED, "error=\"%s\"", e->text);
	if (!w->is_stream) {
		answer_error(w->conn, APIERR_LEDGER_UNAVAILABLE);
		return;
	}
	conn_stream_cut(w->conn); /* without its last chunk nobody takes it for whole */
}

bool walks_turn(struct front *f)
{
	struct err e = {0};
	struct walk *w = whose_turn(f);
	if (w == NULL)
		return false;
	(void)sched_yield(); /* whoever else wants this CPU is waited for */
	switch (read_slice(f, w, &e)) {
	case QUERY_MORE:
		take_out(f, w);
		link_first(f, w);
		return true;
	case QUERY_DONE:
		if (w->conn != NULL)
			w->finish(w);
		break;
	case QUERY_FAILED:
		fail(w, &e);
		break;
	}
	end(f, w);
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
	store_close(f->store);
	closed_free(f->closed);
}

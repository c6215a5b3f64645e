/* Reading the ledger without stopping. */
#include "front/walk.h"

#include "front/answer.h"

#include <stdlib.h>

static bool open_store(struct front *f)
{
	struct err e = {0};
	if (f->store != NULL ||
		store_open_readonly(&f->store, f->process.settings.data_dir, &e))
		return true;
	log_event(LOG_WARN, EVENT_LEDGER_FAILED, "error=\"%s\"", e.text);
	return false;
}

static void end(struct front *f, struct walk *w)
{
	*(w->prev ? &w->prev->next : &f->walks) = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	free(w->state);
	free(w);
}

static void on_left(struct conn *c)
{
	struct walk *w = c->ask;
	w->conn = NULL;
}

static void on_writable(struct conn *c)
{
	(void)c; /* nothing is written before the end */
}

static const struct conn_ops ops = {on_left, on_writable};

void walk_begin(struct conn *c, const struct walk *plan)
{
	struct front *f = c->front;
	if (!open_store(f)) {
		free(plan->state);
		answer_error(c, APIERR_LEDGER_UNAVAILABLE);
		return;
	}
	struct walk *w = malloc(sizeof *w);
	must(w != NULL);
	*w = *plan;
	w->conn = c;
	w->prev = NULL;
	w->next = f->walks;
	if (w->next != NULL)
		w->next->prev = w;
	f->walks = w;
	conn_wait(c, &ops, w);
}

static void go_on(struct front *f, struct walk *w)
{
	struct err e = {0};
	enum query_verdict v = w->conn ? w->slice(w, &e) : QUERY_DONE;
	if (v == QUERY_MORE)
		return;
	if (v == QUERY_FAILED) {
		log_event(LOG_ERROR, EVENT_LEDGER_FAILED, "error=\"%s\"", e.text);
		answer_error(w->conn, APIERR_LEDGER_UNAVAILABLE);
	} else if (w->conn != NULL) {
		w->finish(w);
	}
	end(f, w);
}

bool walks_turn(struct front *f)
{
	for (struct walk *w = f->walks, *next; w != NULL; w = next) {
		next = w->next;
		go_on(f, w);
	}
	return f->walks != NULL;
}

void walks_close(struct front *f)
{
	while (f->walks != NULL)
		end(f, f->walks);
	store_close(f->store);
}

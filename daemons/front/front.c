/* A front: start, loop, end. */
#include "front/front.h"

#include "base/clock.h"
#include "front/admin_tokens.h"
#include "front/ask.h"
#include "front/chat_keep.h"
#include "front/listen.h"
#include "front/ordering.h"
#include "front/live.h"
#include "front/page_files.h"
#include "front/relay.h"
#include "front/tls.h"
#include "front/tool_calls.h"
#include "front/walk.h"
#include "http/date.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP_EVERY_NS (100 * NS_PER_MS)

static struct front self;

struct str front_date(struct front *f)
{
	uint64_t s = f->process.now_ms / 1000;
	if (s != f->date_s) {
		http_date_format(s, f->date);
		f->date_s = s;
	}
	return (struct str){f->date, HTTP_DATE_BYTES - 1};
}

bool front_is_held(const struct front *f)
{
	const struct proc *master = segment_proc(f->process.segment, SLOT_MASTER);
	return proc_state(master) == PROC_DRAINING;
}

static void adopt_catalogue(struct front *f)
{
	struct page *page = f->process.segment->catalogue;
	if (page_epoch(page) == f->catalogue_epoch)
		return;
	struct catalogue *c = malloc(sizeof *c);
	must(c != NULL);
	struct err e = {0};
	uint64_t epoch = page_read(page, c, sizeof *c);
	if (epoch == 0) {
		free(c); /* overtaken again and again: next sweep */
		return;
	}
	f->catalogue_epoch = epoch;
	struct str text = {c->text, MIN(c->n_bytes, sizeof c->text)};
	struct models *fresh = models_parse(text, "catalogue", &e);
	must(fresh != NULL); /* the master has checked it */
	models_free(f->models);
	f->models = fresh;
	free(c);
}

static void sweep(struct front *f)
{
	if (f->process.now_ns < f->next_sweep_ns)
		return;
	f->next_sweep_ns = f->process.now_ns + SWEEP_EVERY_NS;
	conns_sweep(f);
	relay_keep_alive(f);
	tool_calls_keep_alive(f);
	adopt_catalogue(f);
}

/* Without its page a front serves everything else. */
static void load_page(struct front *f)
{
	struct err e = {0};
	f->page = page_files_load(f->process.settings.web_dir, &e);
	if (f->page == NULL)
		log_event(LOG_WARN, EVENT_WARNING, "text=\"no web page: %s\"", e.text);
}

static bool turn(void *role)
{
	struct front *f = role;
	bool busy = relay_news(f);
	admit_turn(f);
	busy |= admin_tokens_turn(f);
	busy |= ordering_turn(f);
	busy |= chat_keeps_turn(f);
	live_turn(f);
	sweep(f);
	if (f->ring_dispatch)
		process_ring(&f->process, SLOT_DISPATCH);
	f->ring_dispatch = false;
	conns_flush(f);        /* dispatch is at work meanwhile */
	busy |= walks_turn(f); /* nobody else waits for it */
	busy |= warm_turn(f);
	conns_reap(f);
	return busy;
}

static bool has_work(const void *role)
{
	const struct front *f = role;
	return f->ring_dispatch || walks_have_work(f) || warm_has_work(f) ||
	       relay_has_news(f) || admin_tokens_have_work(f) || ordering_has_work(f) ||
	       chat_keeps_have_work(f);
}

static void adopt(void *role, const struct settings *old)
{
	(void)old; /* all else is read from process.settings when used */
	struct front *f = role;
	tls_adopt(f->tls);
	admit_adopt(f);
	ask_make_room(f);
	chat_api_forget(f); /* the upstream may be another */
}

static void drain(void *role)
{
	struct front *f = role;
	listeners_stop(f->listeners);
	if (f->process.is_orphan)
		listeners_refuse(f->listeners);
	conns_drain(f, f->process.is_patient);
}

static bool is_drained(const void *role)
{
	const struct front *f = role;
	return f->conns.n == 0 && f->keeps == NULL && !relay_has_orphans(f);
}

static void abandon_all(void *role)
{
	struct front *f = role;
	listeners_stop(f->listeners);
	relay_abandon_all(f);
	tool_calls_abandon_all(f);
	conns_drain(f, false);
}

static const struct process_ops ops = {
	turn, has_work, adopt, drain, is_drained, abandon_all};

/* A long report takes a megabyte for a moment. Given back to the system each time, its
 * pages cost more than what is written into them. */
static void keep_memory(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 4 << 20); /* sanitizers have none */
	(void)mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

int front_main(const struct heritage *h)
{
	struct front *f = &self;
	keep_memory();
	process_enter(&f->process, h, &ops, f);
	must(segment_channel(f->process.segment, h->channel, &f->channel));
	must(segment_facts(f->process.segment, h->slot, &f->facts));
	f->tls = tls_new(h->tls_fd);
	if (f->tls == NULL)
		return PROCESS_EXIT_FAILED;
	conns_init(f);
	f->news_lost = channel_news_lost(&f->channel);
	adopt_catalogue(f);
	admit_init(f);
	ask_init(f);
	load_page(f);
	f->listeners = listeners_new(f);
	int status = process_run(&f->process);
	listeners_free(f->listeners);
	conns_close(f);
	relay_end_orphans(f);
	walks_close(f);
	admin_tokens_close(f);
	ordering_close(f);
	chat_keeps_close(f);
	ask_fini(f);
	admit_fini(f);
	page_files_free(f->page);
	models_free(f->models);
	tls_free(f->tls);
	process_fini(&f->process);
	return status;
}

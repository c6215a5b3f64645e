/* From an exchange's reply to the client. */
#include "front/relay_parts.h"

#include "base/clock.h"
#include "front/ask.h"
#include "front/tool_calls.h"

#include <event2/buffer.h>
#include <stdlib.h>

#define KEEP_ALIVE_NS (15 * NS_PER_S)

struct exchange *relay_exchange(struct front *f, const struct relay *y)
{
	return &f->channel.exchanges[y->slot];
}

/* ---- the pipe -------------------------------------------------------------------------- */

static void collect(struct relay *y, const struct pipe_spans *spans)
{
	if (y->whole == NULL)
		y->whole = evbuffer_new();
	must(y->whole != NULL);
	for (size_t i = 0; i < 2; i++)
		must(evbuffer_add(y->whole, spans->part[i].p, spans->part[i].n) == 0);
}

static char byte_at(const struct pipe_spans *s, uint64_t i)
{
	size_t first = s->part[0].n;
	return i < first ? s->part[0].p[i] : s->part[1].p[i - first];
}

/* The first n bytes, up to where the last whole event among them ends. */
static uint64_t whole_events(const struct pipe_spans *s, uint64_t n)
{
	while (n >= 2 && (byte_at(s, n - 1) != '\n' || byte_at(s, n - 2) != '\n'))
		n--;
	return n >= 2 ? n : 0;
}

/* How many of the n bytes there the client gets now: whole events, because whoever writes
 * the rest of one may die. Of an event larger than the pipe all but its last byte, which
 * may be the first of the two that end it. */
static uint64_t pick_bytes(
	struct relay *y, const struct pipe *p, const struct pipe_spans *s, uint64_t n)
{
	uint64_t whole = y->passes_on ? whole_events(s, n) : n;
	if (whole > 0)
		y->in_event = false;
	if (whole > 0 || n < p->size_bytes)
		return whole;
	y->in_event = true;
	return n - 1;
}

static void shorten(struct pipe_spans *s, uint64_t n)
{
	s->part[0].n = MIN(s->part[0].n, (size_t)n);
	s->part[1].n = (size_t)n - s->part[0].n;
}

/* Take what is there and the client has room for; true = nothing is left to take. */
static bool drain_pipe(struct conn *c, struct relay *y, struct exchange *x)
{
	struct front *f = c->front;
	struct pipe p;
	struct pipe_spans spans;
	must(channel_pipe(&f->channel, x, &p)); /* our own request part */
	uint64_t at = pipe_released(&p), n = pipe_peek(&p, at, &spans);
	if (n == 0)
		return true;
	if ((y->passes_on || y->sink != NULL) && !conn_has_room(c))
		return false;
	uint64_t take = y->sink != NULL ? n : pick_bytes(y, &p, &spans, n);
	shorten(&spans, take);
	if (y->sink != NULL)
		for (size_t i = 0; i < 2; i++)
			y->sink->take(c, y->sink_arg, spans.part[i]);
	else if (y->passes_on)
		conn_stream_put(c, spans.part[0], spans.part[1]);
	else
		collect(y, &spans);
	pipe_release(&p, at + take);
	if (take > 0)
		y->last_put_ns = f->process.now_ns;
	if (n >= p.size_bytes / 2)
		ask_for_attention(f, y->slot); /* it may hold a spill back */
	return take == 0;
}

static void begin_reply(struct conn *c, struct relay *y, const struct exchange *x)
{
	if (y->sink != NULL) {
		y->sink->begin(c, y->sink_arg, x);
		return;
	}
	y->passes_on = x->reply.event_stream;
	if (y->passes_on && !y->head_out)
		relay_begin_stream(c, y, x);
}

static void pump(struct conn *c, struct relay *y)
{
	struct exchange *x = relay_exchange(c->front, y);
	/* The state first: what it says is whole is then in the pipe already. */
	enum exchange_state state = exchange_state(x);
	bool runs = state == EXCHANGE_STREAMING || state == EXCHANGE_DONE ||
		    state == EXCHANGE_FAILED;
	if (!runs)
		return;
	if (state != EXCHANGE_FAILED)
		begin_reply(c, y, x);
	if (x->reply.body_done)
		ask_drop_body(c->front, &c->front->askers[y->slot]);
	bool is_empty = false;
	while (!is_empty && ((!y->passes_on && y->sink == NULL) || conn_has_room(c)))
		is_empty = drain_pipe(c, y, x);
	if (!is_empty || state == EXCHANGE_STREAMING)
		return;
	relay_end(c, y, x);
}

/* ---- the client's side ------------------------------------------------------------------ */

static void adopt_orphan(struct front *f, struct asker *a, const struct relay *y)
{
	a->orphan = y->sink;
	a->orphan_arg = y->sink_arg;
	f->n_orphans++;
	y->sink->left(f, y->sink_arg);
}

static void end_orphan(struct front *f, struct asker *a, const struct exchange *x)
{
	const struct relay_sink *sink = a->orphan;
	a->orphan = NULL;
	f->n_orphans--;
	sink->over(f, a->orphan_arg, x);
}

/* Of an exchange that is over, whose client has left. */
static void let_go(struct front *f, uint32_t slot)
{
	struct asker *a = &f->askers[slot];
	if (a->orphan != NULL)
		end_orphan(f, a, &f->channel.exchanges[slot]);
	ask_release(f, slot);
}

bool relay_has_orphans(const struct front *f)
{
	return f->n_orphans > 0;
}

void relay_end_orphans(struct front *f)
{
	for (uint32_t slot = 0; f->n_orphans > 0; slot++)
		if (f->askers[slot].orphan != NULL)
			end_orphan(f, &f->askers[slot], NULL);
}

static void on_left(struct conn *c)
{
	struct relay *y = c->ask;
	struct front *f = c->front;
	struct asker *a = &f->askers[y->slot];
	struct exchange *x = relay_exchange(f, y);
	enum exchange_state s = exchange_state(x);
	a->conn = NULL;
	if (y->sink != NULL)
		adopt_orphan(f, a, y);
	process_count(&f->process, COUNTER_exchanges_abandoned, 1);
	if (s == EXCHANGE_DONE || s == EXCHANGE_FAILED) {
		let_go(f, y->slot);
	} else {
		exchange_abandon(x);
		ask_for_attention(f, y->slot);
	}
	relay_free(y);
}

static void on_writable(struct conn *c)
{
	pump(c, c->ask);
}

static const struct conn_ops ops = {on_left, on_writable};

void relay_wait_for(
	struct conn *c, uint32_t slot, const struct relay_sink *sink, void *arg)
{
	struct relay *y = calloc(1, sizeof *y);
	must(y != NULL);
	y->slot = slot;
	y->last_put_ns = c->front->process.now_ns;
	y->sink = sink;
	y->sink_arg = arg;
	conn_wait(c, &ops, y);
}

void relay_wait(struct conn *c, uint32_t slot, bool tells_queue)
{
	relay_wait_for(c, slot, NULL, NULL);
	((struct relay *)c->ask)->tells_queue = tells_queue;
}

/* ---- the loop's side -------------------------------------------------------------------- */

/* Nobody waits any more: free it as soon as dispatch has let go. */
static void look_at_orphan(struct front *f, uint32_t slot)
{
	enum exchange_state s = exchange_state(&f->channel.exchanges[slot]);
	if (s == EXCHANGE_DONE || s == EXCHANGE_FAILED)
		let_go(f, slot);
}

static void look(struct front *f, uint32_t slot)
{
	struct asker *a = &f->askers[slot];
	if (a->pipe_offset == 0)
		return; /* free: the hint is older than its end */
	if (a->tools != NULL)
		tool_calls_look(f, slot);
	else if (a->conn != NULL)
		pump(a->conn, a->conn->ask);
	else
		look_at_orphan(f, slot);
}

static void look_at_all(struct front *f)
{
	uint32_t n = channel_n_touched(&f->channel);
	for (uint32_t slot = 0; slot < n; slot++)
		look(f, slot);
}

bool relay_news(struct front *f)
{
	struct exchange_ref r;
	bool busy = false;
	while (channel_next_news(&f->channel, &r)) {
		look(f, r.slot);
		busy = true;
	}
	uint64_t lost = channel_news_lost(&f->channel);
	if (lost != f->news_lost) {
		f->news_lost = lost;
		look_at_all(f);
	}
	return busy;
}

bool relay_has_news(const struct front *f)
{
	return lane_length(&f->channel.news) > 0 ||
	       channel_news_lost(&f->channel) != f->news_lost;
}

void relay_keep_alive(struct front *f)
{
	uint64_t now = f->process.now_ns;
	for (struct conn *c = f->conns.all; c != NULL; c = c->next) {
		if (c->state != CONN_BUSY || c->ops != &ops)
			continue;
		struct relay *y = c->ask;
		if (y->sink != NULL)
			y->sink->tick(c, y->sink_arg, relay_exchange(f, y));
		relay_tell_place(c, y, relay_exchange(f, y));
		if (!y->head_out || now < y->last_put_ns + KEEP_ALIVE_NS)
			continue;
		conn_stream_put(c, STR(": keep-alive\n\n"), (struct str){"", 0});
		y->last_put_ns = now;
	}
}

/* What is still queued was never sent; dispatch is gone when this is asked. */
static void say_fate(const struct exchange *x, struct apierr *e)
{
	if (exchange_state(x) == EXCHANGE_QUEUED)
		(void)apierr_default(e, APIERR_DISPATCH_UNAVAILABLE);
	else
		relay_say_unknown(x, e);
}

void relay_abandon_all(struct front *f)
{
	struct apierr e;
	for (struct conn *c = f->conns.all, *next; c != NULL; c = next) {
		next = c->next;
		if (c->state != CONN_BUSY || c->ops != &ops)
			continue;
		struct relay *y = c->ask;
		f->askers[y->slot].conn = NULL;
		conn_close_after(c);
		say_fate(relay_exchange(f, y), &e);
		process_count(&f->process, COUNTER_exchanges_failed, 1);
		relay_tell_failure(c, y, &e, 0);
		relay_free(y);
	}
	relay_end_orphans(f);
}

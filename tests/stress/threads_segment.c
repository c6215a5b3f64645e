/*
 * The life of exchanges with the roles as threads of one process, so that
 * ThreadSanitizer sees what it cannot see between processes: a front asks and reads
 * replies, dispatch carries attempts through (with retries and departures), record
 * applies facts and adds clients, and somebody looks at everything all the time.
 */
#include "segment/channel.h"
#include "segment/clients.h"
#include "segment/counters.h"
#include "segment/events.h"
#include "segment/facts.h"
#include "segment/limits.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MEM_BYTES = 1 << 20,
	N_EXCHANGES = 8,
	N_REQUESTS = 20000,
	N_CLIENTS = 64,
	PIPE_BYTES = 256,
	REPLY_BYTES = 700,
	FACT_LANE_BYTES = 1 << 16,
	AT_FACTS = 4096,
	AT_FACT_BYTES = 131072,
	AT_CLIENTS = 8192,
	AT_CHANNEL = 262144
};

static struct world {
	struct map map;
	struct channel_words *words;
	struct clients_words *clients;
	struct limits *limits;
	struct counters *counters;
	struct events *events;
	_Atomic bool is_over; /* the front has had all its answers */
	_Atomic uint64_t n_settled, n_intents, n_attempts, n_wrong;
} world;

static struct channel attach(void)
{
	struct channel c;
	must(channel_attach(&c, &world.map, world.words));
	return c;
}

static struct facts facts_view(void)
{
	return (struct facts){{map_at(&world.map, AT_FACTS, 128, 64),
		map_at(&world.map, AT_FACT_BYTES, FACT_LANE_BYTES, 64),
		FACT_LANE_BYTES}};
}

static bool is_over(void)
{
	return atomic_load_explicit(&world.is_over, memory_order_acquire);
}

static void wrong(const char *what)
{
	printf("wrong: %s\n", what);
	atomic_fetch_add(&world.n_wrong, 1);
}

static char byte_of(uint32_t slot, uint64_t at)
{
	return (char)(slot * 31 + at * 7);
}

/* ---- front ------------------------------------------------------------------------- */

struct waiting {
	bool is_used;
	uint64_t n_read;
	uint64_t number;
};

static void ask(struct channel *c, uint32_t slot, uint64_t number)
{
	struct exchange *x = channel_begin(c, slot);
	struct exchange_request *q = &x->request;
	q->body_offset = c->region_offset + slot * 8192u;
	q->body_bytes = 64;
	q->pipe_offset = q->body_offset + 4096;
	q->pipe_bytes = PIPE_BYTES;
	q->max_tokens = number;
	memset(channel_region_at(c, q->body_offset, 64), (int)(number & 0x7f), 64);
	exchange_move(x, EXCHANGE_QUEUED);
	struct exchange_ref r = {slot, exchange_generation(x)};
	must(channel_ask(c, (enum exchange_priority)(number % PRIORITIES), r));
}

static void read_reply(struct channel *c, uint32_t slot, struct waiting *w)
{
	struct exchange *x = &c->exchanges[slot];
	struct pipe p;
	struct pipe_spans spans;
	must(channel_pipe(c, x, &p));
	uint64_t at = pipe_released(&p), n = pipe_peek(&p, at, &spans);
	for (size_t i = 0; i < 2 && n > 0; i++)
		for (size_t k = 0; k < spans.part[i].n; k++)
			if (spans.part[i].p[k] != byte_of(slot, w->n_read++))
				wrong("a reply byte");
	pipe_release(&p, at + n);
}

static bool finish(struct channel *c, uint32_t slot, struct waiting *w)
{
	struct exchange *x = &c->exchanges[slot];
	enum exchange_state s = exchange_state(x);
	if (s == EXCHANGE_STREAMING || s == EXCHANGE_DONE)
		read_reply(c, slot, w);
	if (s != EXCHANGE_DONE && s != EXCHANGE_FAILED)
		return false;
	if (s == EXCHANGE_DONE && w->n_read != REPLY_BYTES)
		return false; /* the last bytes came behind our first look */
	if (s == EXCHANGE_DONE && x->reply.cost_nanousd != w->number)
		wrong("a cost");
	exchange_move(x, EXCHANGE_FREE);
	*w = (struct waiting){0};
	return true;
}

static void *front(void *arg)
{
	(void)arg;
	struct channel c = attach();
	struct exchange_ref r;
	struct waiting waiting[N_EXCHANGES] = {0};
	uint64_t asked = 0, answered = 0;
	while (answered < N_REQUESTS) {
		while (channel_next_news(&c, &r))
			;
		for (uint32_t slot = 0; slot < N_EXCHANGES; slot++) {
			struct waiting *w = &waiting[slot];
			if (w->is_used && finish(&c, slot, w))
				answered++;
			if (!w->is_used && asked < N_REQUESTS) {
				*w = (struct waiting){true, 0, ++asked};
				ask(&c, slot, asked);
				if (asked % 13 == 0)
					exchange_abandon(&c.exchanges[slot]);
			}
		}
		counter_add(
			&world.counters->row[SLOT_FIRST_FRONT], COUNTER_requests, 1);
		sched_yield();
	}
	atomic_store_explicit(&world.is_over, true, memory_order_release);
	return NULL;
}

/* ---- dispatch --------------------------------------------------------------------------- */

struct carried {
	uint64_t n_put;
	bool was_retried;
};

static bool push(struct facts *f, const struct fact_head *fact)
{
	return facts_push(f, fact);
}

static bool begin_attempt(struct facts *f, struct exchange *x)
{
	struct fact_intent i = {0};
	if (!facts_has_room(f, 2 * sizeof i + 8 * sizeof(struct fact_settle)))
		return false;
	i.attempt = exchange_open_attempt(x);
	fact_begin(&i.head, FACT_INTENT, sizeof i, 1);
	must(push(f, &i.head));
	exchange_move(x, EXCHANGE_SENT);
	atomic_fetch_add(&world.n_attempts, 1);
	return true;
}

static void end_attempt(struct facts *f, struct exchange *x)
{
	struct fact_settle s = {.attempt = exchange_attempt(x)};
	fact_begin(&s.head, FACT_SETTLE, sizeof s, 1);
	must(push(f, &s.head));
	exchange_close_attempt(x);
}

static void carry_on(
	struct channel *c, struct facts *f, uint32_t slot, struct carried *j)
{
	struct exchange *x = &c->exchanges[slot];
	struct pipe p;
	must(channel_pipe(c, x, &p));
	while (j->n_put < REPLY_BYTES) {
		char b = byte_of(slot, j->n_put);
		if (pipe_put_some(&p, (struct str){&b, 1}) == 0)
			return;
		j->n_put++;
	}
	end_attempt(f, x);
	x->reply.cost_nanousd = x->request.max_tokens;
	exchange_move(x, EXCHANGE_DONE);
}

static void work(struct channel *c, struct facts *f, uint32_t slot, struct carried *j)
{
	struct exchange *x = &c->exchanges[slot];
	enum exchange_state s = exchange_state(x);
	if (s == EXCHANGE_QUEUED) {
		const char *body = channel_region_at(c, x->request.body_offset, 64);
		if (body[63] != (char)(x->request.max_tokens & 0x7f))
			wrong("a body");
		if (exchange_is_abandoned(x))
			exchange_move(x, EXCHANGE_FAILED);
		else
			(void)begin_attempt(f, x);
		j->n_put = 0;
	} else if (s == EXCHANGE_SENT && x->request.max_tokens % 7 == 0 &&
		   !j->was_retried) {
		end_attempt(f, x);
		j->was_retried = true;
		exchange_move(x, EXCHANGE_QUEUED);
	} else if (s == EXCHANGE_SENT) {
		j->was_retried = false;
		exchange_move(x, EXCHANGE_STREAMING);
	} else if (s == EXCHANGE_STREAMING) {
		carry_on(c, f, slot, j);
	} else {
		return;
	}
	channel_tell(c, (struct exchange_ref){slot, exchange_generation(x)});
}

static void *dispatch(void *arg)
{
	(void)arg;
	struct channel c = attach();
	struct facts f = facts_view();
	struct carried carried[N_EXCHANGES] = {0};
	struct upstream_limit *limit =
		limits_get(world.limits, NULL, "all", LIMIT_TOKENS, 60000000000u);
	uint64_t hint, now = 1;
	while (!is_over()) {
		for (int p = 0; p < PRIORITIES; p++)
			while (lane_pop(&c.requests[p], &hint))
				window_add(&limit->window, now, 1);
		for (uint32_t slot = 0; slot < channel_n_touched(&c); slot++)
			work(&c, &f, slot, &carried[slot]);
		window_advance(&limit->window, now += 1000000);
		events_add(
			&world.events->ring[SLOT_DISPATCH], EVENT_RELOADED, now, now);
		sched_yield();
	}
	return NULL;
}

/* ---- record and a reader -------------------------------------------------------------------- */

static bool harvest(struct facts *f)
{
	union fact fact;
	uint64_t at = facts_committed(f), n = 0;
	while (facts_next(f, &at, &fact) == FACTS_ONE) {
		n++;
		atomic_fetch_add(fact.head.kind == FACT_INTENT ? &world.n_intents
							       : &world.n_settled,
			1);
	}
	facts_commit(f, at);
	return n > 0;
}

static void *record(void *arg)
{
	(void)arg;
	struct facts f = facts_view();
	struct clients cs;
	must(clients_attach(&cs, &world.map, world.clients));
	for (uint64_t i = 1; !is_over(); i++) {
		struct client e = {.id = i, .role = CLIENT_CHAT};
		memcpy(e.hash, &i, sizeof i);
		struct client_limits limits = {.said = {i, i}};
		if (i <= N_CLIENTS && clients_add(&cs, &e, &limits) != CLIENTS_ADDED)
			wrong("a client");
		limits.said[0] = limits.said[1] = i + 1;
		clients_set_limits(&cs, 0, &limits);
		if (i == N_CLIENTS)
			must(clients_revoke(&cs, 1));
		(void)harvest(&f);
		sched_yield();
	}
	return NULL;
}

static void *reader(void *arg)
{
	(void)arg;
	struct channel c = attach();
	struct clients cs;
	must(clients_attach(&cs, &world.map, world.clients));
	while (!is_over()) {
		for (uint32_t slot = 0; slot < channel_n_touched(&c); slot++)
			if (exchange_state(&c.exchanges[slot]) >= EXCHANGE_STATES)
				wrong("a state");
		for (uint32_t i = 0; i < clients_count(&cs); i++) {
			const struct client *e = clients_at(&cs, i);
			if (e == NULL || clients_find(&cs, e->hash) == NULL)
				if (e == NULL || !client_is_revoked(e))
					wrong("a client");
		}
		struct client_limits limits;
		clients_limits(&cs, 0, &limits);
		if (limits.said[0] != limits.said[1])
			wrong("a client's limits");
		struct event e;
		const struct event_ring *r = &world.events->ring[SLOT_DISPATCH];
		if (events_read(r, events_newest(r), &e) && e.detail != e.wall_ms)
			wrong("an event");
		(void)counter_sum(world.counters, COUNTER_requests);
		struct upstream_limit *l = &world.limits->limit[0];
		if (limit_is_active(l))
			(void)window_used(&l->window, limit_value(l));
		sched_yield();
	}
	return NULL;
}

int main(void)
{
	void *(*const roles[])(void *) = {front, dispatch, record, reader};
	pthread_t thread[N_ELEMENTS(roles)];
	void *mem = NULL;
	must(posix_memalign(&mem, 4096, MEM_BYTES) == 0);
	memset(mem, 0, MEM_BYTES);
	world.map = (struct map){mem, MEM_BYTES, -1};
	world.words = mem;
	world.clients = map_at(&world.map, AT_CLIENTS, sizeof *world.clients, 64);
	world.limits = calloc(1, sizeof *world.limits);
	world.counters = calloc(1, sizeof *world.counters);
	world.events = calloc(1, sizeof *world.events);
	must(world.limits && world.counters && world.events);
	(void)channel_layout(world.words, AT_CHANNEL, N_EXCHANGES, N_EXCHANGES * 8192);
	(void)clients_layout(world.clients, AT_CLIENTS + 4096, N_CLIENTS, 1);
	channel_format(&world.map, world.words);
	channel_open(world.words, 1);
	for (size_t i = 0; i < N_ELEMENTS(roles); i++)
		must(pthread_create(&thread[i], NULL, roles[i], NULL) == 0);
	for (size_t i = 0; i < N_ELEMENTS(roles); i++)
		must(pthread_join(thread[i], NULL) == 0);
	struct facts f = facts_view();
	(void)harvest(&f);
	bool ok = world.n_wrong == 0 && world.n_intents == world.n_attempts &&
		  world.n_settled == world.n_attempts &&
		  world.n_attempts > N_REQUESTS / 2;
	printf("%u requests, %llu attempts, %llu intents, %llu settles\n", N_REQUESTS,
		(unsigned long long)world.n_attempts,
		(unsigned long long)world.n_intents,
		(unsigned long long)world.n_settled);
	free(world.limits), free(world.counters), free(world.events), free(mem);
	printf("%d passed, %d failed\n", ok, !ok);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

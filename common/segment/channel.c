/* A channel's place in the segment, its life and its hints. */
#include "segment/channel.h"

#include <stdatomic.h>

enum { PAGE_BYTES = 4096 };

static const char *const state_names[CHANNEL_STATES] = {"spare", "live", "dead"};

static uint64_t round_page(uint64_t n)
{
	return (n + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

uint64_t channel_layout(struct channel_words *w, uint64_t offset, uint64_t n_exchanges,
	uint64_t region_bytes)
{
	uint64_t at = offset;
	w->n_exchanges = n_exchanges;
	w->wipe_offset = at;
	for (int p = 0; p < PRIORITIES; p++) {
		w->requests_offset[p] = at;
		at += lane_size_bytes(n_exchanges);
	}
	w->news_offset = at;
	at += lane_size_bytes(2 * n_exchanges);
	w->exchanges_offset = at;
	at = round_page(at + n_exchanges * sizeof(struct exchange));
	w->region_offset = at;
	w->region_bytes = round_page(region_bytes);
	at += w->region_bytes;
	w->wipe_bytes = at - w->wipe_offset;
	return w->wipe_bytes;
}

static struct lane lane_at(const struct map *m, uint64_t offset, uint64_t capacity)
{
	return (struct lane){
		map_at(m, offset, lane_size_bytes(capacity), CACHE_LINE_BYTES),
		capacity};
}

/* The lanes of a channel as its words describe them; false = outside the map. */
static bool find_lanes(struct channel *c)
{
	const struct channel_words *w = c->words;
	bool whole = true;
	for (int p = 0; p < PRIORITIES; p++) {
		c->requests[p] = lane_at(c->map, w->requests_offset[p], w->n_exchanges);
		whole = whole && c->requests[p].words != NULL;
	}
	c->news = lane_at(c->map, w->news_offset, 2 * w->n_exchanges);
	return whole && c->news.words != NULL;
}

void channel_format(const struct map *m, struct channel_words *w)
{
	struct channel c = {.map = m, .words = w};
	must(find_lanes(&c));
	for (int p = 0; p < PRIORITIES; p++)
		lane_reset(c.requests[p].words);
	lane_reset(c.news.words);
}

bool channel_attach(struct channel *c, const struct map *m, struct channel_words *w)
{
	uint64_t n = w->n_exchanges;
	if (n == 0 || n > UINT32_MAX || (n & (n - 1)) != 0)
		return false;
	*c = (struct channel){.map = m,
		.words = w,
		.exchanges = map_at(m, w->exchanges_offset, n * sizeof(struct exchange),
			CACHE_LINE_BYTES),
		.n_exchanges = (uint32_t)n,
		.region_offset = w->region_offset,
		.region_bytes = w->region_bytes};
	return find_lanes(c) && c->exchanges != NULL &&
	       map_at(m, w->region_offset, w->region_bytes, PAGE_BYTES) != NULL;
}

void *channel_region_at(const struct channel *c, uint64_t offset, uint64_t size)
{
	if (offset < c->region_offset || size > c->region_bytes ||
		offset - c->region_offset > c->region_bytes - size)
		return NULL;
	return map_at(c->map, offset, size, 1);
}

bool channel_pipe(const struct channel *c, struct exchange *x, struct pipe *out)
{
	uint64_t size = x->request.pipe_bytes;
	if (size == 0 || (size & (size - 1)) != 0)
		return false;
	uint8_t *bytes = channel_region_at(c, x->request.pipe_offset, size);
	*out = (struct pipe){&x->pipe, bytes, size};
	return bytes != NULL;
}

enum channel_state channel_state(const struct channel_words *w)
{
	/* pairs with set_state() */
	uint32_t s = atomic_load_explicit(&w->state, memory_order_acquire);
	return s < CHANNEL_STATES ? (enum channel_state)s : CHANNEL_SPARE;
}

uint32_t channel_generation(const struct channel_words *w)
{
	/* Relaxed: published by state. */
	return atomic_load_explicit(&w->generation, memory_order_relaxed);
}

static void set_state(struct channel_words *w, enum channel_state s)
{
	/* pairs with channel_state() */
	atomic_store_explicit(&w->state, (uint32_t)s, memory_order_release);
}

void channel_open(struct channel_words *w, uint32_t generation)
{
	must(channel_state(w) == CHANNEL_SPARE);
	/* Relaxed: published by the state behind it. */
	atomic_store_explicit(&w->generation, generation, memory_order_relaxed);
	set_state(w, CHANNEL_LIVE);
}

void channel_close(struct channel_words *w)
{
	must(channel_state(w) == CHANNEL_LIVE);
	set_state(w, CHANNEL_DEAD);
}

void channel_wipe(const struct map *m, struct channel_words *w)
{
	must(channel_state(w) == CHANNEL_DEAD);
	must(map_punch(m, w->wipe_offset, w->wipe_bytes));
	channel_format(m, w);
	/* Relaxed both: published by the state behind them. */
	atomic_store_explicit(&w->n_touched, 0, memory_order_relaxed);
	atomic_store_explicit(&w->body_bytes, 0, memory_order_relaxed);
	set_state(w, CHANNEL_SPARE);
}

void channel_release(
	struct channel_words *w, uint32_t generation, uint64_t fact_position)
{
	/* Relaxed: published by `released` behind it. */
	atomic_store_explicit(&w->released_fact, fact_position, memory_order_relaxed);
	/* pairs with channel_may_wipe() */
	atomic_store_explicit(&w->released, generation, memory_order_release);
}

bool channel_is_released(const struct channel_words *w)
{
	return atomic_load_explicit(&w->released, memory_order_relaxed) ==
	       channel_generation(w);
}

bool channel_may_wipe(const struct channel_words *w, uint64_t dispatch_committed,
	bool front_facts_committed)
{
	/* pairs with channel_release() */
	uint32_t released = atomic_load_explicit(&w->released, memory_order_acquire);
	uint64_t fact = atomic_load_explicit(&w->released_fact, memory_order_relaxed);
	return channel_state(w) == CHANNEL_DEAD && released == channel_generation(w) &&
	       dispatch_committed >= fact && front_facts_committed;
}

struct exchange *channel_begin(struct channel *c, uint32_t slot)
{
	must(slot < c->n_exchanges);
	/* Relaxed load: we are the only writer. The release pairs with
	 * channel_n_touched(); a front killed behind it has only widened the scan. */
	_Atomic uint32_t *touched = &c->words->n_touched;
	if (slot >= atomic_load_explicit(touched, memory_order_relaxed))
		atomic_store_explicit(touched, slot + 1, memory_order_release);
	exchange_begin(&c->exchanges[slot]);
	return &c->exchanges[slot];
}

uint32_t channel_n_touched(const struct channel *c)
{
	uint32_t n = atomic_load_explicit(&c->words->n_touched, memory_order_acquire);
	return MIN(n, c->n_exchanges);
}

void channel_set_body_bytes(struct channel_words *w, uint64_t n)
{
	atomic_store_explicit(&w->body_bytes, n, memory_order_seq_cst);
}

uint64_t channel_body_bytes(const struct channel_words *w)
{
	return atomic_load_explicit(&w->body_bytes, memory_order_seq_cst);
}

bool channel_has_room(const struct channel *c, enum exchange_priority p)
{
	return lane_length(&c->requests[p]) < c->requests[p].capacity;
}

bool channel_ask(struct channel *c, enum exchange_priority p, struct exchange_ref r)
{
	return lane_push(&c->requests[p], exchange_hint(r));
}

void channel_tell(struct channel *c, struct exchange_ref r)
{
	if (lane_push(&c->news, exchange_hint(r)))
		return;
	/* Relaxed load: we are the only writer. The release pairs with
	 * channel_news_lost(). */
	uint64_t n = atomic_load_explicit(&c->words->news_lost, memory_order_relaxed);
	atomic_store_explicit(&c->words->news_lost, n + 1, memory_order_release);
}

bool channel_next_news(struct channel *c, struct exchange_ref *r)
{
	uint64_t hint;
	while (lane_pop(&c->news, &hint)) {
		*r = exchange_ref_of_hint(hint);
		if (r->slot < c->n_exchanges)
			return true;
	}
	return false;
}

uint64_t channel_news_lost(const struct channel *c)
{
	/* pairs with channel_tell() */
	return atomic_load_explicit(&c->words->news_lost, memory_order_acquire);
}

const char *channel_state_name(enum channel_state s)
{
	return s < CHANNEL_STATES ? state_names[s] : "impossible";
}

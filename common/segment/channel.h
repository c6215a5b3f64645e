/*
 * A channel: all that one front shares with dispatch. There are workers + 2 of them for
 * fronts, so that a dead front's successor starts on a spare at once, and one small one
 * for record, should it ask for something: news of alerts go by their page.
 *
 *	          master            master            dispatch, record        master
 *	 SPARE ──fork──► LIVE ──front died──► DEAD ──let go of it──► wiped ──► SPARE
 *
 *	 channel ─┬─ request lanes ×4, one a priority   front → dispatch   "look at slot"
 *	          ├─ news lane                          dispatch → front   "look at slot"
 *	          ├─ exchanges[]                        the truth
 *	          └─ region                             bodies and reply pipes
 *
 * A hint for the attention of dispatch that is not a new request (abandoned, pipe has
 * room again) goes into the URGENT lane: a hint only says where to look. Lost hints are
 * healed by the reader's scan once a second.
 * Full: lane → the front answers 503; news lane → `news_lost` grows and the front scans;
 * region → 413 or 503; no free exchange → 503.
 */
#ifndef SEGMENT_CHANNEL_H
#define SEGMENT_CHANNEL_H

#include "ipc/lane.h"
#include "ipc/map.h"
#include "segment/exchange.h"

enum channel_state { CHANNEL_SPARE, CHANNEL_LIVE, CHANNEL_DEAD, CHANNEL_STATES };

/* In the segment. */
struct channel_words {
	/* W: master  R: all */
	CACHE_ALIGNED _Atomic uint32_t state; /* enum channel_state */
	_Atomic uint32_t generation;          /* of the front that has or had it */
	/* W: dispatch  R: front, master */
	CACHE_ALIGNED _Atomic uint32_t released; /* the generation it has let go of */
	_Atomic uint64_t released_fact;          /* its fact position at that moment */
	_Atomic uint64_t news_lost; /* hints the news lane had no room for */
	/* W: front; master with the wipe  R: dispatch: no slot from here on was ever used,
	 * so a scan need not touch (and so allocate) their pages */
	CACHE_ALIGNED _Atomic uint32_t n_touched;
	/* W: front; master with the wipe  R: all fronts: what its clients' bodies take */
	_Atomic uint64_t body_bytes;
	/* W: segment_create() */
	CACHE_ALIGNED uint64_t n_exchanges;
	uint64_t requests_offset[PRIORITIES]; /* struct lane_words */
	uint64_t news_offset;                 /* struct lane_words */
	uint64_t exchanges_offset;            /* struct exchange[] */
	uint64_t region_offset, region_bytes;
	uint64_t wipe_offset, wipe_bytes; /* all but these words */
};

/* One process's view of a channel, made by channel_attach(); holds no state. */
struct channel {
	const struct map *map;
	struct channel_words *words;
	struct lane requests[PRIORITIES];
	struct lane news;
	struct exchange *exchanges;
	uint32_t n_exchanges;
	uint64_t region_offset, region_bytes;
};

/* Bytes that a channel takes behind its words; fills the words' constants for a channel
 * that starts at `offset`. n_exchanges and lane sizes: powers of two. */
uint64_t channel_layout(struct channel_words *w, uint64_t offset, uint64_t n_exchanges,
	uint64_t region_bytes);

/* Init the lanes of a zeroed (new or wiped) channel. Master only. */
void channel_format(const struct map *m, struct channel_words *w);

/* False = the constants do not lie inside the map: a broken segment. */
bool channel_attach(struct channel *c, const struct map *m,
	struct channel_words *w) ATTR_UNUSED_RESULT;

/* size bytes at a region offset taken from an exchange, or NULL when they lie outside:
 * such offsets are input. */
void *channel_region_at(const struct channel *c, uint64_t offset, uint64_t size);

/* The reply pipe of an exchange as its request part describes it; false = impossible. */
bool channel_pipe(const struct channel *c, struct exchange *x,
	struct pipe *out) ATTR_UNUSED_RESULT;

enum channel_state channel_state(const struct channel_words *w); /* acquire */
uint32_t channel_generation(const struct channel_words *w);

/* Master: give a SPARE channel to a front's incarnation; its front died; it is wiped.
 * Release stores; pair with channel_state(). channel_wipe() needs channel_may_wipe(). */
void channel_open(struct channel_words *w, uint32_t generation);
void channel_close(struct channel_words *w);
void channel_wipe(const struct map *m, struct channel_words *w);

/* Dispatch: nothing of this DEAD channel is referred to any more; every fact about it
 * stands before fact_position in dispatch's fact lane. Release. */
void channel_release(
	struct channel_words *w, uint32_t generation, uint64_t fact_position);

/* Dispatch: has it said so of the present generation already? Relaxed: own word. */
bool channel_is_released(const struct channel_words *w);

/* Master: has dispatch let go, and has record committed (positions are those of the
 * fact lanes' readers) dispatch's facts and the dead front's own? Acquire. */
bool channel_may_wipe(const struct channel_words *w, uint64_t dispatch_committed,
	bool front_facts_committed);

/* Front: begin a new use of a FREE slot (exchange_begin()); take low slots first. The
 * release of n_touched pairs with channel_n_touched(). */
struct exchange *channel_begin(struct channel *c, uint32_t slot);

/* Front: bodies take so many bytes of its memory and its region now. Anybody reads.
 * Sequentially consistent: of two fronts that publish and then sum, one sees the other. */
void channel_set_body_bytes(struct channel_words *w, uint64_t n);
uint64_t channel_body_bytes(const struct channel_words *w);

/* Dispatch: how many slots a scan must look at. Acquire. */
uint32_t channel_n_touched(const struct channel *c);

/* Front: will channel_ask() find room? Only the front fills the lane, so it will. */
bool channel_has_room(const struct channel *c, enum exchange_priority p);

/* Front: push a hint for dispatch. False = the lane is full. */
bool channel_ask(struct channel *c, enum exchange_priority p,
	struct exchange_ref r) ATTR_UNUSED_RESULT;

/* Dispatch: tell the front to look at a slot; never fails (see news_lost). */
void channel_tell(struct channel *c, struct exchange_ref r);

/* Front: the next slot with news; false = none. */
bool channel_next_news(struct channel *c, struct exchange_ref *r) ATTR_UNUSED_RESULT;
uint64_t channel_news_lost(const struct channel *c); /* acquire */

const char *channel_state_name(enum channel_state s);

#endif

/*
 * Traffic that checks itself, over each mechanism of ipc/: a writer's turn and a reader's
 * turn. kill_random.c runs them in processes that it kills, threads.c in threads under
 * ThreadSanitizer, which sees nothing across processes.
 *
 * What a writer writes is a function of the position it writes at, so both a successor
 * and a reader know what must stand where. `acked` is stored after each call that changes
 * a position has returned: a position that is behind it has forgotten something.
 */
#ifndef STRESS_TRAFFIC_H
#define STRESS_TRAFFIC_H

#include "ipc/lane.h"
#include "ipc/page.h"
#include "ipc/pipe.h"

#include <stdatomic.h>
#include <string.h>

enum { TRAFFIC_MEM_BYTES = 65536 };

/* Private to one incarnation of a side; all zero but the seed at its start. */
struct traffic_side {
	uint64_t rng;
	uint64_t last; /* reader: its cursor, or the epoch it saw last */
};

enum traffic_turn { TRAFFIC_IDLE, TRAFFIC_MOVED, TRAFFIC_WRONG };

struct traffic {
	const char *name;
	enum traffic_turn (*write)(void *mem, struct traffic_side *s);
	enum traffic_turn (*read)(void *mem, struct traffic_side *s);
	unsigned n_readers; /* that may read at the same time */
};

/* The start of the shared memory, all zero at first; the mechanism's own words follow. */
struct traffic_acks {
	CACHE_ALIGNED _Atomic uint64_t written; /* W: writer */
	CACHE_ALIGNED _Atomic uint64_t read;    /* W: reader */
	CACHE_ALIGNED uint8_t mechanism[];
};

static inline uint64_t traffic_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

static inline uint64_t traffic_word(uint64_t position)
{
	return (position + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* relaxed both: one writer each, and only its own successor compares with it */
static inline void traffic_ack(_Atomic uint64_t *ack, uint64_t position)
{
	atomic_store_explicit(ack, position, memory_order_relaxed);
}

static inline bool traffic_has_forgotten(_Atomic uint64_t *ack, uint64_t position)
{
	return position < atomic_load_explicit(ack, memory_order_relaxed);
}

/* ---- lane ----------------------------------------------------------------------------- */

enum { TRAFFIC_LANE_CELLS = 64 };

static inline enum traffic_turn traffic_lane_write(void *mem, struct traffic_side *s)
{
	struct traffic_acks *a = mem;
	struct lane l = {(void *)a->mechanism, TRAFFIC_LANE_CELLS};
	uint64_t tail = atomic_load_explicit(&l.words->tail, memory_order_relaxed);
	(void)s;
	if (traffic_has_forgotten(&a->written, tail) || !lane_is_sane(&l))
		return TRAFFIC_WRONG;
	if (!lane_push(&l, traffic_word(tail)))
		return TRAFFIC_IDLE;
	traffic_ack(&a->written, tail + 1);
	return TRAFFIC_MOVED;
}

static inline enum traffic_turn traffic_lane_read(void *mem, struct traffic_side *s)
{
	struct traffic_acks *a = mem;
	struct lane l = {(void *)a->mechanism, TRAFFIC_LANE_CELLS};
	uint64_t head = atomic_load_explicit(&l.words->head, memory_order_relaxed),
		 hint;
	(void)s;
	if (traffic_has_forgotten(&a->read, head) || !lane_is_sane(&l))
		return TRAFFIC_WRONG;
	if (!lane_pop(&l, &hint))
		return TRAFFIC_IDLE;
	traffic_ack(&a->read, head + 1);
	return hint == traffic_word(head) ? TRAFFIC_MOVED : TRAFFIC_WRONG;
}

/* ---- pipe: a stream of bytes, and whole frames ---------------------------------------- */

enum { TRAFFIC_PIPE_BYTES = 1024, TRAFFIC_MOST_BYTES = 300 };

static inline struct pipe traffic_pipe(struct traffic_acks *a)
{
	return (struct pipe){(void *)a->mechanism,
		a->mechanism + sizeof(struct pipe_words), TRAFFIC_PIPE_BYTES};
}

static inline void traffic_fill(char *to, uint64_t position, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		to[i] = (char)(traffic_word(position + i) >> 56);
}

static inline bool traffic_is_right(const char *bytes, uint64_t position, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (bytes[i] != (char)(traffic_word(position + i) >> 56))
			return false;
	return true;
}

static inline enum traffic_turn traffic_bytes_write(void *mem, struct traffic_side *s)
{
	struct traffic_acks *a = mem;
	struct pipe p = traffic_pipe(a);
	uint64_t at = pipe_written(&p), n = 1 + traffic_random(&s->rng) % 300;
	char bytes[TRAFFIC_MOST_BYTES];
	if (traffic_has_forgotten(&a->written, at) || !pipe_is_sane(&p))
		return TRAFFIC_WRONG;
	traffic_fill(bytes, at, n);
	n = pipe_put_some(&p, (struct str){bytes, n});
	traffic_ack(&a->written, at + n);
	return n > 0 ? TRAFFIC_MOVED : TRAFFIC_IDLE;
}

static inline enum traffic_turn traffic_bytes_read(void *mem, struct traffic_side *s)
{
	struct traffic_acks *a = mem;
	struct pipe p = traffic_pipe(a);
	struct pipe_spans spans;
	uint64_t at = pipe_released(&p), n = pipe_peek(&p, at, &spans);
	const struct str *one = &spans.part[0], *two = &spans.part[1];
	if (traffic_has_forgotten(&a->read, at) || !pipe_is_sane(&p) ||
		!traffic_is_right(one->p, at, one->n) ||
		!traffic_is_right(two->p, at + one->n, two->n))
		return TRAFFIC_WRONG;
	if (n == 0)
		return TRAFFIC_IDLE;
	at += 1 + traffic_random(&s->rng) % n;
	pipe_release(&p, at);
	traffic_ack(&a->read, at);
	return TRAFFIC_MOVED;
}

struct traffic_frame {
	uint64_t position, n_bytes; /* where this head stands; what follows it */
};

static inline enum traffic_turn traffic_frames_write(void *mem, struct traffic_side *s)
{
	struct traffic_acks *a = mem;
	struct pipe p = traffic_pipe(a);
	uint64_t at = pipe_written(&p);
	struct traffic_frame f = {at, traffic_random(&s->rng) % TRAFFIC_MOST_BYTES};
	char bytes[TRAFFIC_MOST_BYTES];
	const struct str parts[] = {{(const char *)&f, sizeof f}, {bytes, f.n_bytes}};
	if (traffic_has_forgotten(&a->written, at) || !pipe_is_sane(&p))
		return TRAFFIC_WRONG;
	traffic_fill(bytes, at + sizeof f, f.n_bytes);
	if (!pipe_put_all(&p, parts, N_ELEMENTS(parts)))
		return TRAFFIC_IDLE;
	traffic_ack(&a->written, at + sizeof f + f.n_bytes);
	return TRAFFIC_MOVED;
}

/* Looks ahead with a cursor of its own and releases only now and then, as record does:
 * what a dead reader had not released comes again. */
static inline enum traffic_turn traffic_frames_read(void *mem, struct traffic_side *s)
{
	struct traffic_acks *a = mem;
	struct pipe p = traffic_pipe(a);
	struct traffic_frame f;
	char bytes[TRAFFIC_MOST_BYTES];
	uint64_t at = MAX(s->last, pipe_released(&p));
	if (traffic_has_forgotten(&a->read, pipe_released(&p)) || !pipe_is_sane(&p))
		return TRAFFIC_WRONG;
	if (!pipe_copy(&p, at, &f, sizeof f))
		return TRAFFIC_IDLE;
	if (f.position != at || f.n_bytes >= TRAFFIC_MOST_BYTES ||
		!pipe_copy(&p, at + sizeof f, bytes, f.n_bytes) ||
		!traffic_is_right(bytes, at + sizeof f, f.n_bytes))
		return TRAFFIC_WRONG;
	s->last = at + sizeof f + f.n_bytes;
	/* at least whenever a whole frame might not fit any more */
	if (s->last - pipe_released(&p) > TRAFFIC_PIPE_BYTES / 2 ||
		traffic_random(&s->rng) % 4 == 0) {
		pipe_release(&p, s->last);
		traffic_ack(&a->read, s->last);
	}
	return TRAFFIC_MOVED;
}

/* ---- page ----------------------------------------------------------------------------- */

struct traffic_payload {
	uint64_t word[64];
};

static inline enum traffic_turn traffic_page_write(void *mem, struct traffic_side *s)
{
	struct traffic_acks *a = mem;
	struct page *p = (void *)a->mechanism;
	struct traffic_payload v;
	uint64_t epoch = page_epoch(p);
	(void)s;
	if (traffic_has_forgotten(&a->written, epoch))
		return TRAFFIC_WRONG;
	for (uint64_t i = 0; i < N_ELEMENTS(v.word); i++)
		v.word[i] = traffic_word((epoch + 1) * 64 + i);
	if (page_publish(p, &v, sizeof v) != epoch + 1)
		return TRAFFIC_WRONG;
	traffic_ack(&a->written, epoch + 1);
	return TRAFFIC_MOVED;
}

static inline enum traffic_turn traffic_page_read(void *mem, struct traffic_side *s)
{
	struct traffic_acks *a = mem;
	struct page *p = (void *)a->mechanism;
	struct traffic_payload v;
	uint64_t epoch = page_read(p, &v, sizeof v);
	if (epoch == 0 || epoch == s->last)
		return TRAFFIC_IDLE;
	if (epoch < s->last)
		return TRAFFIC_WRONG;
	s->last = epoch;
	for (uint64_t i = 0; i < N_ELEMENTS(v.word); i++)
		if (v.word[i] != traffic_word(epoch * 64 + i))
			return TRAFFIC_WRONG;
	return TRAFFIC_MOVED;
}

static const struct traffic traffics[] = {
	{"lane", traffic_lane_write, traffic_lane_read, 1},
	{"pipe, bytes", traffic_bytes_write, traffic_bytes_read, 1},
	{"pipe, frames", traffic_frames_write, traffic_frames_read, 1},
	{"page", traffic_page_write, traffic_page_read, 2},
};

#endif

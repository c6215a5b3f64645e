/*
 * A single-writer, single-reader byte ring: reply bytes of an exchange, facts of a
 * process. The words live in the segment; the bytes stand wherever the view says.
 *
 *	           read              written
 *	  ···········|▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒|·········   byte i stands at bytes[i % size]
 *
 * Writing copies first and then publishes `written` once, so a writer killed between has
 * written nothing. The reader may look ahead with a private cursor and release only what
 * it has made durable (that is how facts survive their reader).
 * Full: pipe_put_some() takes less, pipe_put_all() refuses; nothing is dropped.
 */
#ifndef IPC_PIPE_H
#define IPC_PIPE_H

#include "base/attr.h"

struct pipe_words {
	CACHE_ALIGNED _Atomic uint64_t written; /* W: writer  R: reader */
	CACHE_ALIGNED _Atomic uint64_t read;    /* W: reader  R: writer */
};

/* One process's view of a pipe; made anew in each process, never stored in the segment. */
struct pipe {
	struct pipe_words *words;
	uint8_t *bytes;
	uint64_t size_bytes; /* a power of two */
};

/* Up to two stretches that hold consecutive bytes of the ring. */
struct pipe_spans {
	struct str part[2];
};

/* Start both positions at zero: by the side that allocates it, before it is shared. */
void pipe_reset(struct pipe_words *w);

/* Writer: free bytes. Acquire load of read, pairs with pipe_release(). An impossible
 * distance counts as no space. */
uint64_t pipe_space(const struct pipe *p);

/* Writer: append as much of s as fits; returns how much. Release store of written,
 * pairs with pipe_peek(). */
uint64_t pipe_put_some(struct pipe *p, struct str s);

/* Writer: append all n_parts in one publication, or nothing. Same ordering. */
bool pipe_put_all(
	struct pipe *p, const struct str *parts, size_t n_parts) ATTR_UNUSED_RESULT;

/* Writer: the position after everything published. */
uint64_t pipe_written(const struct pipe *p);

/* Anybody: the position up to which the reader has released. Acquire, pairs with
 * pipe_release(): what the reader did before can be seen. */
uint64_t pipe_released(const struct pipe *p);

/* Reader: bytes published from position `cursor` on, as spans; returns their number,
 * 0 = none. A cursor or distance that cannot be gives 0 too; see pipe_is_sane().
 * Acquire load of written, pairs with pipe_put_*(). */
uint64_t pipe_peek(const struct pipe *p, uint64_t cursor, struct pipe_spans *out);

/* Reader: copy exactly n bytes at `cursor`; false when fewer are published. */
bool pipe_copy(const struct pipe *p, uint64_t cursor, void *dst,
	uint64_t n) ATTR_UNUSED_RESULT;

/* Reader: give the bytes before `cursor` back. Release store of read, pairs with
 * pipe_space(). */
void pipe_release(struct pipe *p, uint64_t cursor);

/* Either side: is the distance of the two positions possible? */
bool pipe_is_sane(const struct pipe *p);

#endif

/*
 * What dispatch has said of attempts up to a moment, and whether record has written that
 * down: who has an answer in hand may ask for it before the commit that holds it is over.
 *
 *	struct watermark mark = watermark_take(segment);
 *	… until watermark_is_written(&mark) …
 *	read the ledger: it has whatever an answer that was out at that moment rests on
 *
 * An attempt is settled before its client gets the end of its answer, so that end is
 * never younger than what is waited for. A lane that is broken has nothing to wait for.
 */
#ifndef SEGMENT_WATERMARK_H
#define SEGMENT_WATERMARK_H

#include "segment/segment.h"

/* A view into the mapping of the segment, good for as long as that is. */
struct watermark {
	struct facts lane;
	uint64_t position;
};

/* Relaxed load of the lane's end: who has an answer in hand got it behind the push. */
struct watermark watermark_take(const struct segment *s);

/* Acquire load of what is committed, pairs with facts_commit(). */
bool watermark_is_written(const struct watermark *w);

#endif

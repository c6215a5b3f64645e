/*
 * What the files of a reply call of each other: reply.c has its memory and whole answers,
 * reply_stream.c the events of a stream, reply_relayed.c those of one that is only relayed.
 */
#ifndef DISPATCH_REPLY_PARTS_H
#define DISPATCH_REPLY_PARTS_H

#include "dispatch/reply.h"

/* Room for n more bytes behind what waits; returns where they go. */
char *reply_extend(struct reply *r, size_t n);

/* What an answer, or one event of it, says about itself. */
void reply_remember(struct reply *r, const struct usage_view *v);

/* r->error from a document; what cannot be read is an error without words. */
void reply_read_error(struct reply *r, struct str doc);

/* An error, and nothing that an answer has. */
bool reply_is_only_error(const struct reply *r, const struct usage_view *v);

/* By its name alone. */
bool reply_is_named_error(const struct sse_event *e);

/* SSE_FULL was said. */
void reply_grow_sse(struct reply *r);

/* reply_feed_stream() of a stream that ends with STREAM_END_CLOSE. */
enum reply_verdict reply_feed_relayed(struct reply *r, struct str bytes);

/* Forget the beginnings that were kept. */
void reply_drop_begun(struct reply *r);

#endif

/*
 * What the files of a reply call of each other: reply.c has its memory and whole answers,
 * reply_stream.c the events of a stream.
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

/* Forget the beginnings that were kept. */
void reply_drop_begun(struct reply *r);

#endif

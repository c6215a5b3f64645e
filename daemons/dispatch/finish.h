/*
 * How an attempt ended: the transfer's result and what the reply saw, put together into
 * what decide/retry judges. It looks and names; it changes nothing but to read an error
 * answer's body.
 */
#ifndef DISPATCH_FINISH_H
#define DISPATCH_FINISH_H

#include "decide/retry.h"
#include "dispatch/job.h"
#include "dispatch/transfer.h"

/* What happened, with what a person may be told about it. */
struct finish {
	struct attempt_end end;
	enum exchange_failure failure; /* when it is none of the upstream's answers */
	bool is_ours;                  /* ended by us: never retried */
};

/* The job's transfer has ended by itself with that result. */
struct finish finish_of(struct job *j, enum transfer_result result);

/* We end it, for that reason; sent or not. */
struct finish finish_ours(struct job *j, enum exchange_failure why);

/* Ended by us for reasons that are not the upstream's: a client that left, an order, the
 * end of the service. */
bool finish_is_cancelled(const struct finish *f);

/* Does anybody read on? Not where the client left, or its front died. */
bool finish_has_reader(const struct job *j, const struct finish *f);

/* Is it passed on unread? */
bool finish_is_relayed(const struct job *j);

/* Has the upstream done what it was asked, by its status? What is relayed may also have
 * made something (201), or have nothing to say about it (204). */
bool finish_is_good(const struct job *j);

/* Does its answer come as events? Known once the transfer's head is: whoever asked for a
 * stream may also be told an error in JSON. */
bool finish_is_stream(const struct job *j);

#endif

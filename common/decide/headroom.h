/*
 * Room that the classes below leave in each limit for the highest one. A full limit gives
 * back one slot at a time, and the last one may just have gone to another class. With one
 * slot kept back, whoever comes in the highest class waits for those before him in it, and
 * for no one else: about as long as on a queue of their own. Pure: time is an argument.
 *
 *	headroom_note(&h, &entry, now_ns);         with each backlog_push()
 *	headroom_keep(&h, b, limits, n, now_ns);   before admission_check() for its first one
 *
 * It is kept while both have come within the last minute, the highest class and others: to
 * whoever is alone it makes no difference. It is one request, and as many tokens as one of
 * the highest class usually costs; but never more than a 200th of a limit, for about as
 * much of it stays unused. Limits on less than 200 requests keep no slot.
 */
#ifndef DECIDE_HEADROOM_H
#define DECIDE_HEADROOM_H

#include "decide/admission.h"
#include "decide/backlog.h"

/* All zero: nobody has come yet. */
struct headroom {
	uint64_t highest_ns, others_ns; /* their last ones make it kept until then */
	uint64_t mean_tokens;           /* of the highest class */
};

void headroom_note(struct headroom *h, const struct backlog_entry *e, uint64_t now_ns);

/* The limits of the first of the backlog, with its costs. As long as one of the highest
 * class waits, what was kept is there for whoever is first: that is this one, or one that
 * ageing has put before it. What fits a whole limit always will. */
void headroom_keep(const struct headroom *h, const struct backlog *b,
	struct admission_limit *limits, size_t n, uint64_t now_ns);

#endif

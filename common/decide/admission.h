/*
 * May the next request start now, and if not, when? All limits that apply to it are
 * asked together and reserved all or none. Pure: time is an argument.
 *
 *	struct admission a = admission_check(limits, n, now_ns);
 *	if (a.verdict == ADMIT_NOW)
 *		admission_reserve(limits, n, now_ns);   fills each stamp
 *	…
 *	admission_settle(limits, n, now_ns);            with each `actual` set
 *
 * A limit has two guards. Its window is never above the limit in any interval of its
 * length; its bucket spreads what the window would let pass at once. A request that costs
 * more than the bucket holds waits until the bucket is full, and leaves it in debt: only
 * a window says never.
 */
#ifndef DECIDE_ADMISSION_H
#define DECIDE_ADMISSION_H

#include "rate/bucket.h"
#include "rate/window.h"

/* One limit as it applies to one request. */
struct admission_limit {
	struct window *window;   /* NULL = only the bucket guards it */
	struct bucket *bucket;   /* NULL = only the window does */
	struct bucket_rate rate; /* of the bucket */
	uint64_t limit; /* units per window, > 0; UINT64_MAX = it only counts */
	uint64_t cost;  /* what the request is charged */
	bool is_tokens; /* the unit: tokens, or requests */
	uint64_t stamp, taken_ns; /* out: of the reservation */
	uint64_t actual;          /* in, for admission_settle(): what it came to */
};

enum admission_verdict {
	ADMIT_NOW,
	ADMIT_LATER, /* at at_ns, if nothing else happens */
	ADMIT_NEVER  /* the cost is larger than a whole limit */
};

struct admission {
	enum admission_verdict verdict;
	uint64_t at_ns;
	size_t binding;        /* index of the limit that says no; n when none does */
	struct bucket *behind; /* LATER: the bucket that fills up while its window
	                          says no; NULL = none does */
};

struct admission admission_check(
	struct admission_limit *limits, size_t n, uint64_t now_ns);

/* Before admission_reserve(), when a request was told LATER by a window before: the bucket
 * behind it has built up no burst meanwhile. So what the window held back comes at its
 * pace, and not in a crowd that has to wait again a window later. A bucket that fills up
 * while another limit is waited for keeps what it has: nobody has used that, and requests
 * that are unlike each other would else take one another's room away. */
void admission_defer(struct admission_limit *limits, size_t n,
	const struct bucket *behind, uint64_t now_ns);

/* After ADMIT_NOW for the same moment. */
void admission_reserve(struct admission_limit *limits, size_t n, uint64_t now_ns);

/* The reservation becomes the truth: refunds and excesses as window_correct() and
 * bucket_correct() have them. Beside a window, which is what holds the limit, the bucket
 * has a refund in full when it comes, or answers that take longer than their guess takes
 * to flow back would have it flow by guesses; a pace alone has it as it was taken. */
void admission_settle(const struct admission_limit *limits, size_t n, uint64_t now_ns);

#endif

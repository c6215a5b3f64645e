/* One slot kept back. */
#include "decide/headroom.h"

#include "base/clock.h"
#include "base/num.h"

#define KEPT_NS (60 * NS_PER_S)

enum { HIGHEST = BACKLOG_CLASSES - 1, PART = 200, MEAN_WEIGHT = 16 };

void headroom_note(struct headroom *h, const struct backlog_entry *e, uint64_t now_ns)
{
	uint64_t until_ns = num_add_sat(now_ns, KEPT_NS), mean = h->mean_tokens;
	if (e->class != HIGHEST) {
		h->others_ns = until_ns;
		return;
	}
	h->highest_ns = until_ns;
	h->mean_tokens = mean == 0
				 ? e->tokens
				 : mean - mean / MEAN_WEIGHT + e->tokens / MEAN_WEIGHT;
}

/* A pace without a window keeps none: it is held, or probes how much there is. */
static uint64_t room_in(const struct headroom *h, const struct admission_limit *l)
{
	uint64_t wanted = l->is_tokens ? h->mean_tokens : 1;
	return l->window != NULL ? MIN(wanted, l->limit / PART) : 0;
}

/* The bucket flows as if the limit were so much less, so that it decides as ever, and not
 * the window, which gives back several at a time. */
static void keep(struct admission_limit *l, uint64_t room, bool is_wanted)
{
	if (l->bucket != NULL) {
		l->rate.tokens -= room;
		if (is_wanted)
			l->rate.burst = MAX(l->rate.burst, l->cost) + room;
	}
	if (!is_wanted && l->cost <= l->limit)
		l->limit = MAX(l->limit - room, l->cost);
}

void headroom_keep(const struct headroom *h, const struct backlog *b,
	struct admission_limit *limits, size_t n, uint64_t now_ns)
{
	bool is_wanted = backlog_length_of(b, HIGHEST) > 0;
	if (now_ns >= MIN(h->highest_ns, h->others_ns))
		return;
	for (size_t i = 0; i < n; i++)
		keep(&limits[i], room_in(h, &limits[i]), is_wanted);
}

/* Four histograms of a row's durations. */
#include "store/times.h"

#include "base/clock.h"
#include "base/num.h"

static void add_ns(struct histo *h, uint64_t ns)
{
	histo_add(h, ns / NS_PER_MS);
}

/* How long its tokens took to come. */
static uint64_t telling_ns(const struct row *r)
{
	if ((r->flags & ROW_STREAM) == 0)
		return r->duration_ns;
	return num_sub_sat(r->duration_ns, r->first_token_ns);
}

static bool has_true_tokens(const struct row *r)
{
	return r->outcome == OUTCOME_SETTLED_USAGE && r->completion_tokens > 0;
}

/* Its duration says nothing of the upstream. */
static bool is_cut_short(const struct row *r)
{
	return r->failure == FAILURE_CANCELLED ||
	       r->failure == FAILURE_REQUEST_CANCELLED || r->failure == FAILURE_STOPPED;
}

void times_add_row(struct times *t, const struct row *r)
{
	if (r->outcome == OUTCOME_OPEN)
		return;
	if (row_tells_wait(r))
		add_ns(&t->wait, r->queue_ns);
	if (!row_has_reached(r))
		return;
	if (r->duration_ns > 0 && !is_cut_short(r))
		add_ns(&t->processing, r->duration_ns);
	if (r->first_token_ns > 0)
		add_ns(&t->first, r->first_token_ns);
	if (has_true_tokens(r) && telling_ns(r) > 0)
		histo_add(&t->rate,
			num_mul_sat(r->completion_tokens, NS_PER_S) / telling_ns(r));
}

void times_merge(struct times *a, const struct times *b)
{
	histo_merge(&a->wait, &b->wait);
	histo_merge(&a->processing, &b->processing);
	histo_merge(&a->first, &b->first);
	histo_merge(&a->rate, &b->rate);
}

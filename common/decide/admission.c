/* All limits of a request, asked and reserved together. */
#include "decide/admission.h"

/* The bucket's rate for this cost: what is larger than the burst fits a full bucket. Not
 * the bucket's own `most`, under which a run of such requests gets half of the rate. */
static struct bucket_rate rate_of(const struct admission_limit *l)
{
	struct bucket_rate r = l->rate;
	r.burst = MAX(r.burst, l->cost);
	return r;
}

/* The first instant at which the guard lets it pass; UINT64_MAX = never. */
static uint64_t by_window(const struct admission_limit *l, uint64_t now_ns)
{
	if (l->window == NULL)
		return now_ns;
	window_advance(l->window, now_ns);
	return window_earliest_ns(l->window, l->limit, l->cost, now_ns);
}

static uint64_t by_bucket(const struct admission_limit *l, uint64_t now_ns)
{
	if (l->bucket == NULL)
		return now_ns;
	struct bucket_rate r = rate_of(l);
	return bucket_look_shared(&l->bucket->tat_ns, &r, l->cost, now_ns).earliest_ns;
}

struct admission admission_check(
	struct admission_limit *limits, size_t n, uint64_t now_ns)
{
	struct admission a = {ADMIT_NOW, now_ns, n, NULL};
	for (size_t i = 0; i < n; i++) {
		const struct admission_limit *l = &limits[i];
		uint64_t window = by_window(l, now_ns), bucket = by_bucket(l, now_ns);
		if (MAX(window, bucket) > a.at_ns) {
			a.at_ns = MAX(window, bucket);
			a.binding = i;
			a.behind = window > bucket ? l->bucket : NULL;
		}
	}
	if (a.binding < n)
		a.verdict = a.at_ns == UINT64_MAX ? ADMIT_NEVER : ADMIT_LATER;
	return a;
}

void admission_defer(struct admission_limit *limits, size_t n,
	const struct bucket *behind, uint64_t now_ns)
{
	for (size_t i = 0; i < n; i++) {
		struct bucket_rate r = rate_of(&limits[i]);
		if (limits[i].bucket != NULL && limits[i].bucket == behind)
			bucket_defer(limits[i].bucket, &r, limits[i].cost, now_ns);
	}
}

void admission_reserve(struct admission_limit *limits, size_t n, uint64_t now_ns)
{
	for (size_t i = 0; i < n; i++) {
		struct admission_limit *l = &limits[i];
		l->taken_ns = now_ns;
		if (l->window != NULL)
			l->stamp = window_add(l->window, now_ns, l->cost);
		if (l->bucket == NULL)
			continue;
		struct bucket_rate r = rate_of(l);
		struct bucket_take t =
			bucket_take_shared(&l->bucket->tat_ns, &r, l->cost, now_ns);
		must(t.verdict == BUCKET_TAKEN);
	}
}

void admission_settle(const struct admission_limit *limits, size_t n, uint64_t now_ns)
{
	for (size_t i = 0; i < n; i++) {
		const struct admission_limit *l = &limits[i];
		struct bucket_use use = {
			l->cost, l->actual, l->window ? now_ns : l->taken_ns};
		if (l->window != NULL) {
			window_advance(l->window, now_ns);
			window_correct(l->window, l->stamp, l->cost, l->actual, now_ns);
		}
		if (l->bucket != NULL)
			bucket_correct_shared(
				&l->bucket->tat_ns, &l->rate, &use, now_ns);
	}
}

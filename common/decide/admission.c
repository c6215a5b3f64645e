/* All limits of a request, asked and reserved together. */
#include "decide/admission.h"

struct admission admission_check(
	struct admission_limit *limits, size_t n, uint64_t now_ns)
{
	struct admission a = {ADMIT_NOW, now_ns, n};
	for (size_t i = 0; i < n; i++) {
		struct admission_limit *l = &limits[i];
		window_advance(l->window, now_ns);
		uint64_t at = window_earliest_ns(l->window, l->limit, l->cost, now_ns);
		if (at > a.at_ns) {
			a.at_ns = at;
			a.binding = i;
		}
	}
	if (a.binding < n)
		a.verdict = a.at_ns == UINT64_MAX ? ADMIT_NEVER : ADMIT_LATER;
	return a;
}

void admission_reserve(struct admission_limit *limits, size_t n, uint64_t now_ns)
{
	for (size_t i = 0; i < n; i++)
		limits[i].stamp = window_add(limits[i].window, now_ns, limits[i].cost);
}

void admission_settle(const struct admission_limit *limits, size_t n, uint64_t now_ns)
{
	for (size_t i = 0; i < n; i++) {
		const struct admission_limit *l = &limits[i];
		window_advance(l->window, now_ns);
		window_correct(l->window, l->stamp, l->cost, l->actual, now_ns);
	}
}

/* How full budgets are. */
#include "insight/alert_budgets.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>

void alert_budgets_add(struct alert_budgets *b, const struct alert_budget *one)
{
	uint64_t threshold = b->seen.threshold;
	if (one->nanousd == 0)
		return;
	uint64_t used = num_mul_sat(one->spent_nanousd, 100) / one->nanousd;
	bool is_bad = threshold > 0 && (used >= threshold || one->refuses);
	bool is_first_bad = is_bad && b->n == 0;
	b->n += is_bad;
	if (!is_first_bad && (used <= b->seen.value || (b->n > 0 && !is_bad)))
		return;
	b->seen.value = used;
	b->is_refusing = is_bad && one->refuses;
	snprintf(b->seen.detail, sizeof b->seen.detail, "%s %s", one->client,
		period_name(one->period));
}

/* What is said of a name that is too long is whole, and the name is cut. */
void alert_budgets_end(struct alert_budgets *b)
{
	char others[24] = "", said[ALERT_DETAIL_BYTES];
	if (b->n > 1)
		snprintf(others, sizeof others, "%s %u more",
			b->is_refusing ? ";" : " and", b->n - 1);
	int n = snprintf(said, sizeof said, "%s%s",
		b->is_refusing ? ": what is asked for does not fit" : "", others);
	size_t room = sizeof b->seen.detail - 1 - (size_t)n;
	memcpy(b->seen.detail + strnlen(b->seen.detail, room), said, (size_t)n + 1);
}

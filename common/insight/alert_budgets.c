/* How full budgets are. */
#include "insight/alert_budgets.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>

void alert_budgets_add(struct alert_budgets *b, const struct alert_budget *one)
{
	if (one->nanousd == 0)
		return;
	uint64_t used = num_mul_sat(one->spent_nanousd, 100) / one->nanousd;
	b->n += b->seen.threshold > 0 && used >= b->seen.threshold;
	if (used <= b->seen.value)
		return;
	b->seen.value = used;
	snprintf(b->seen.detail, sizeof b->seen.detail, "%s %s", one->client,
		period_name(one->period));
}

void alert_budgets_end(struct alert_budgets *b)
{
	size_t n = strlen(b->seen.detail);
	if (b->n > 1)
		snprintf(b->seen.detail + n, sizeof b->seen.detail - n, " and %u more",
			b->n - 1);
}

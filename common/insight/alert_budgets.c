/* How full budgets are. */
#include "insight/alert_budgets.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>

struct saying {
	char text[(ALERT_BUDGETS_BESIDE + 2) * ALERT_DETAIL_BYTES];
	size_t n;
};

static void put_beside(struct alert_budgets *b, const char *name)
{
	if (b->n_beside < ALERT_BUDGETS_BESIDE)
		snprintf(b->beside[b->n_beside++], ALERT_DETAIL_BYTES, "%s", name);
}

void alert_budgets_add(struct alert_budgets *b, const struct alert_budget *one)
{
	char name[ALERT_DETAIL_BYTES] = "";
	uint64_t threshold = b->seen.threshold;
	if (one->nanousd == 0)
		return;
	uint64_t used = num_mul_sat(one->spent_nanousd, 100) / one->nanousd;
	bool is_bad = threshold > 0 && (used >= threshold || one->refuses);
	bool is_first_bad = is_bad && b->n == 0;
	bool is_named = is_first_bad || (used > b->seen.value && (b->n == 0 || is_bad));
	snprintf(name, sizeof name, "%s %s", one->client, period_name(one->period));
	if (is_bad && !is_first_bad)
		put_beside(b, is_named ? b->seen.detail : name);
	b->n += is_bad;
	if (!is_named)
		return;
	b->seen.value = used;
	b->is_refusing = is_bad && one->refuses;
	memcpy(b->seen.detail, name, sizeof name);
}

static void append(struct saying *s, const char *link, const char *what)
{
	size_t room = sizeof s->text - s->n;
	s->n += (size_t)snprintf(s->text + s->n, room, "%s%s", link, what);
}

/* What stands behind the first name: that it refuses, n of those beside it by name, and how
 * many there are beyond. */
static struct saying say(const struct alert_budgets *b, uint32_t n)
{
	struct saying s = {0};
	char more[32];
	uint32_t n_more = (uint32_t)num_sub_sat(b->n, n + 1);
	const char *link = b->is_refusing ? "; also " : ", ";
	append(&s, b->is_refusing ? ": what is asked for does not fit" : "", "");
	for (uint32_t i = 0; i < n; i++, link = ", ") {
		bool is_last = i + 1 == n && n_more == 0;
		bool is_joined = is_last && (i > 0 || !b->is_refusing);
		append(&s, is_joined ? " and " : link, b->beside[i]);
	}
	if (n_more == 0)
		return s;
	bool is_alone = n == 0 && b->is_refusing;
	snprintf(more, sizeof more, "%u other%s%s", n_more,
		b->is_refusing ? "" : " budget", n_more == 1 ? "" : "s");
	append(&s, is_alone ? link : " and ", more);
	return s;
}

/* What is said of a name that is too long is whole, and the name is cut. */
void alert_budgets_end(struct alert_budgets *b)
{
	uint32_t n = b->n_beside;
	size_t n_name = strlen(b->seen.detail);
	struct saying s = say(b, n);
	while (n > 0 && n_name + s.n >= ALERT_DETAIL_BYTES)
		s = say(b, --n);
	n_name = MIN(n_name, ALERT_DETAIL_BYTES - 1 - s.n);
	memcpy(b->seen.detail + n_name, s.text, s.n + 1);
}

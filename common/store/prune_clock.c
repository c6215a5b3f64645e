/* Leaps of the wall, believed late. */
#include "store/prune_clock.h"

#include "base/clock.h"
#include "base/num.h"

#define LEAP_MS    UINT64_C(3600000) /* less than this is no leap */
#define BELIEVE_NS (24 * 3600 * NS_PER_S)

void prune_clock_init(struct prune_clock *c, uint64_t newest_ms, uint64_t now_ns)
{
	*c = (struct prune_clock){.at_ms = newest_ms, .at_ns = now_ns};
}

struct asked {
	const struct moment *now;
	uint64_t late_ms; /* the earliest that it may be; UINT64_MAX = nobody knows */
};

static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct asked *a = arg;
	struct moment sent = row_sent(r);
	(void)sequence;
	if (sent.boot == a->now->boot) {
		uint64_t passed_ns = moment_since_ns(&sent, a->now);
		a->late_ms = MIN(
			a->late_ms, num_add_sat(sent.wall_ms, passed_ns / NS_PER_MS));
	}
	return false;
}

bool prune_clock_open(struct prune_clock *c, struct store *s, const struct moment *now,
	uint64_t now_ns, struct err *e)
{
	struct query_summary sum;
	struct asked a = {now, UINT64_MAX};
	if (!query_summary(s, &sum, e))
		return false;
	for (uint64_t back = 1; back < 2 * (sum.sequence + 1); back *= 2) {
		struct query_place at = {.next = num_sub_sat(sum.sequence + 1, back)};
		if (query_rows(s, &at, on_row, &a, e) == QUERY_FAILED)
			return false;
	}
	prune_clock_init(
		c, a.late_ms != UINT64_MAX ? a.late_ms : sum.total.last_ms, now_ns);
	return true;
}

/* Has the wall been too far ahead for too short a time? */
static bool is_doubtful(
	struct prune_clock *c, uint64_t passed_ms, uint64_t wall_ms, uint64_t now_ns)
{
	if (wall_ms <= num_add_sat(passed_ms, LEAP_MS)) {
		c->ahead_ns = 0;
		return false;
	}
	if (c->ahead_ns == 0)
		c->ahead_ns = now_ns;
	return now_ns - c->ahead_ns < BELIEVE_NS;
}

uint64_t prune_clock_read(struct prune_clock *c, uint64_t wall_ms, uint64_t now_ns)
{
	uint64_t passed_ms = num_add_sat(c->at_ms, (now_ns - c->at_ns) / NS_PER_MS);
	bool is_held = is_doubtful(c, passed_ms, wall_ms, now_ns);
	c->at_ms = is_held ? passed_ms : wall_ms;
	c->at_ns = now_ns;
	return c->at_ms;
}

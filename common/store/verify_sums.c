/* Do all sums say the same? */
#include "store/verify_parts.h"

#include "store/tally.h"
#include "store/verify_times.h"

#include <inttypes.h>
#include <string.h>

static int visit_point(struct verify *v, struct str key, struct str value)
{
	struct tally_record r;
	struct str name;
	uint64_t start;
	v->report->n_points++;
	if (!key_point(key, &start, &name) || (uint8_t)key.p[0] >= TIERS ||
		(uint8_t)key.p[1] >= DIMS ||
		!tally_open(value, TABLE_POINTS, key, &r)) {
		verify_fault(v, "a point: damaged");
		return 0;
	}
	uint8_t tier = (uint8_t)key.p[0], dim = (uint8_t)key.p[1];
	totals_add(&v->points[tier][dim], &r.totals);
	if (tier == TIER_DAY && dim == DIM_SESSION && name.n == 0)
		totals_add(&v->sessions, &r.totals);
	return 0;
}

static int visit_times(struct verify *v, struct str key, struct str value)
{
	struct times t;
	v->report->n_times++;
	if (!tally_open_times(value, key, &t))
		verify_fault(v, "a record of histograms: damaged");
	return 0;
}

static int visit_session(struct verify *v, struct str key, struct str value)
{
	struct tally_record r;
	v->report->n_sessions++;
	if (!tally_open(value, TABLE_SESSIONS, key, &r)) {
		verify_fault(v, "session " STR_FMT ": damaged",
			(int)MIN(key.n, (size_t)EXCHANGE_SESSION_BYTES), key.p);
		return 0;
	}
	totals_add(&v->sessions, &r.totals);
	v->chains -= verify_hash(key, r.newest);
	return 0;
}

static void check_sum(struct verify *v, const char *what, const struct totals *left,
	const struct totals *pruned)
{
	struct totals sum = *left;
	totals_add(&sum, pruned);
	if (memcmp(&sum, &v->state.total, sizeof sum) != 0)
		verify_fault(v, "%s do not add up to the total", what);
}

/* Where rows were pruned nobody knows what had led to them. */
static void check_sessions(struct verify *v)
{
	check_sum(v, "sessions", &v->sessions, &v->pruned.sessions);
	if (v->state.anchor.number == 0 && v->chains != 0)
		verify_fault(v, "sessions do not lead to their newest rows");
}

static int check_times(struct verify *v)
{
	int rc = verify_walk(v, TABLE_TIMES, visit_times);
	for (unsigned t = TIER_HOUR; t < TIERS && rc == 0; t++) {
		uint64_t n, length = tier_ms((enum tier)t);
		uint64_t kept = MAX(v->state.kept_ms[t], v->state.kept_ms[t - 1]);
		uint64_t from = kept / length + (kept % length != 0);
		rc = verify_times(v->store, v->txn, (enum tier)t, from, &n);
		if (rc == 0 && n > 0)
			verify_fault(v,
				"%" PRIu64
				" records of histograms are not those of the finer ones",
				n);
	}
	return rc;
}

static void check_totals(struct verify *v)
{
	static const char *const tiers[TIERS] = {"minutes", "hours", "days"};
	check_sum(v, "rows", &v->rows, &v->state.pruned_rows);
	for (unsigned t = 0; t < TIERS; t++)
		for (unsigned d = 0; d < DIMS; d++)
			check_sum(
				v, tiers[t], &v->points[t][d], &v->pruned.points[t][d]);
}

int verify_sums(struct verify *v)
{
	int rc = verify_walk(v, TABLE_POINTS, visit_point);
	if (rc == 0)
		rc = check_times(v);
	if (rc == 0)
		rc = verify_walk(v, TABLE_SESSIONS, visit_session);
	if (rc != 0)
		return rc;
	check_totals(v);
	check_sessions(v);
	return 0;
}

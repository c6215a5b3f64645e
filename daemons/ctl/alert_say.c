/* Alerts in words. */
#include "ctl/alert_say.h"

#include "ctl/show.h"
#include "insight/alerts_view.h"

#include <inttypes.h>
#include <stdio.h>

const char *alert_amount(
	enum alert_id id, uint64_t v, char out[static ALERT_AMOUNT_BYTES])
{
	static const char *const unit[] = {
		[ALERT_COUNT] = "", [ALERT_PERCENT] = " %", [ALERT_SECONDS] = " s"};
	char usd[NUM_USD_BYTES];
	if (alert_unit(id) == ALERT_USD) {
		num_format_usd(v, usd);
		snprintf(out, ALERT_AMOUNT_BYTES, "$%s", usd);
	} else {
		snprintf(out, ALERT_AMOUNT_BYTES, "%" PRIu64 "%s", v,
			unit[alert_unit(id)]);
	}
	return out;
}

const char *alert_why_low(enum alert_id id, enum alert_state state,
	const struct alert_seen *seen, char out[static ALERT_WHY_BYTES])
{
	char most[ALERT_AMOUNT_BYTES];
	bool is_budget = id == ALERT_budget, is_ledger = id == ALERT_ledger;
	out[0] = '\0';
	if (state != ALERT_FIRING || seen->value >= seen->threshold)
		return out;
	snprintf(out, ALERT_WHY_BYTES, "fires below %s %s",
		alert_amount(id, seen->threshold, most),
		is_budget   ? "because it refuses"
		: is_ledger ? "because room runs out"
			    : "until it has stayed there");
	return out;
}

const char *alert_say(
	enum alert_id id, const struct alert_entry *e, char out[static ALERT_SAY_BYTES])
{
	const struct alert_seen *seen = &e->seen;
	enum alert_state state = (enum alert_state)e->state;
	char value[ALERT_AMOUNT_BYTES], most[ALERT_AMOUNT_BYTES], at[SHOW_TIME_BYTES],
		why[ALERT_WHY_BYTES];
	bool is_low = alert_why_low(id, state, seen, why)[0] != '\0';
	snprintf(out, ALERT_SAY_BYTES, "%s %s: %s%s%s %s %s%s, since %s",
		alert_state_name(state), alert_name(id), seen->detail,
		seen->detail[0] != '\0' ? ", " : "",
		alert_amount(id, seen->value, value), is_low ? "and" : "where",
		is_low ? why : alert_amount(id, seen->threshold, most),
		is_low ? "" : " is too much", show_time(e->since_ms, at));
	return out;
}

const char *alert_count(const struct alerts_page *p, char out[static ALERT_COUNT_BYTES])
{
	uint32_t n = alerts_view_firing(p);
	char count[SHOW_COUNT_BYTES];
	out[0] = '\0';
	if (n > 0)
		snprintf(out, ALERT_COUNT_BYTES, "; %s fire%s",
			show_count(n, "alert", count), n == 1 ? "s" : "");
	return out;
}

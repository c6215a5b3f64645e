/* Names of alerts, and the one shared word. */
#include "segment/alerts.h"

#include <stdatomic.h>

#define ALERT(name, unit, help) {#name, help, ALERT_##unit},
static const struct {
	const char *name, *help;
	enum alert_unit unit;
} rows[ALERTS] = {
#include "segment/alerts.def"
};
#undef ALERT

static const char *const units[ALERT_UNITS] = {"usd", "percent", "seconds", "count"};

static const char *const states[ALERT_STATES] = {"ok", "pending", "firing", "resolved"};

void alerts_set_told(struct alerts_words *w, uint64_t sequence)
{
	atomic_store_explicit(&w->told, sequence, memory_order_relaxed);
}

uint64_t alerts_told(const struct alerts_words *w)
{
	return atomic_load_explicit(&w->told, memory_order_relaxed);
}

const char *alert_name(enum alert_id id)
{
	return id < ALERTS ? rows[id].name : "impossible";
}

const char *alert_help(enum alert_id id)
{
	return id < ALERTS ? rows[id].help : "impossible";
}

enum alert_unit alert_unit(enum alert_id id)
{
	return id < ALERTS ? rows[id].unit : ALERT_COUNT;
}

const char *alert_unit_name(enum alert_unit u)
{
	return u < ALERT_UNITS ? units[u] : "impossible";
}

const char *alert_state_name(enum alert_state s)
{
	return s < ALERT_STATES ? states[s] : "impossible";
}

/* What holds now, as gauges. */
#include "front/metrics_gauges.h"

#include "base/clock.h"
#include "base/version.h"
#include "insight/alerts_view.h"
#include "insight/limits_view.h"
#include "insight/queue_view.h"

#include <stdio.h>
#include <string.h>

enum { MS_PLACES = 3 };

static struct str str_of(const char *text)
{
	return (struct str){text, strlen(text)};
}

static void write_one(struct prom *p, const char *name, const char *help, uint64_t v)
{
	prom_family(p, name, "gauge", help);
	prom_u64(p, name, NULL, 0, v);
}

/* ---- the queue ----------------------------------------------------------------------------- */

static void write_lengths(struct prom *p, const struct queue_view *v)
{
	const char *name = "atlas_queue_length";
	prom_family(p, name, "gauge",
		"requests that wait now for their first or another sending, by priority");
	for (unsigned i = 0; i < PRIORITIES; i++) {
		struct prom_label label = {"priority",
			str_of(exchange_priority_name((enum exchange_priority)i))};
		prom_u64(p, name, &label, 1, v->by_priority[i]);
	}
}

static void write_queue(struct prom *p, const struct process *process)
{
	struct queue_view *v = queue_view_take(process->segment, process->now_ns);
	write_lengths(p, v);
	write_one(p, "atlas_running", "requests that are at the upstream now",
		v->n_running);
	write_one(p, "atlas_running_limit",
		"how many may be at a time: [queue] max_concurrent", v->max_concurrent);
	prom_family(p, "atlas_start_time_seconds", "gauge",
		"when the segment was made, and its counters began, since 1970");
	prom_fixed(p, "atlas_start_time_seconds", NULL, 0, v->since_ms, MS_PLACES);
	queue_view_free(v);
}

/* ---- limits and keys ----------------------------------------------------------------------- */

static void write_limit_family(struct prom *p, const struct limits_view *v,
	const char *name, const char *help, bool is_used)
{
	prom_family(p, name, "gauge", help);
	for (uint32_t i = 0; i < v->n_rows; i++) {
		const struct limits_view_row *r = &v->row[i];
		char seconds[24];
		snprintf(seconds, sizeof seconds, "%llu",
			(unsigned long long)(r->window_ns / NS_PER_S));
		struct prom_label label[] = {{"scope", str_of(r->scope)},
			{"unit", str_of(limit_unit_name(r->unit))},
			{"window_seconds", str_of(seconds)}};
		prom_u64(p, name, label, N_ELEMENTS(label),
			is_used ? r->used : r->limit);
	}
}

static uint64_t is_in_service(const struct upstream_key *k)
{
	return k->fingerprint[0] != '\0' &&
	       k->stabilizer.state != STABILIZER_OUT_OF_SERVICE;
}

static uint64_t level(const struct upstream_key *k)
{
	return k->stabilizer.state;
}

static void write_key_family(struct prom *p, const struct limits_view *v,
	const char *name, const char *help,
	uint64_t (*get)(const struct upstream_key *))
{
	prom_family(p, name, "gauge", help);
	for (uint32_t i = 0; i < v->n_keys; i++) {
		struct prom_label label = {"key", str_of(v->key[i].name)};
		prom_u64(p, name, &label, 1, get(&v->key[i]));
	}
}

static void write_limits(struct prom *p, const struct process *process)
{
	struct limits_view v;
	limits_view_take(&v, process->segment, process->now_ns);
	write_limit_family(
		p, &v, "atlas_limit", "what an upstream limit allows", false);
	write_limit_family(p, &v, "atlas_limit_used", "what is used of it", true);
	write_key_family(p, &v, "atlas_key_in_service",
		"0 = there is no key, the upstream refuses it, or it has no credit",
		is_in_service);
	write_key_family(p, &v, "atlas_stabilization_level",
		"state of a key: 0 steady, the limits alone decide; 1 backoff, 2 probe, "
		"3 probing, 4 hold, 5 ramp, 6 out of service",
		level);
}

/* ---- alerts and the ledger ----------------------------------------------------------------- */

static void write_alerts(struct prom *p, const struct segment *s)
{
	const char *name = "atlas_alert_firing";
	struct alerts_page page;
	alerts_view_take(&page, s);
	prom_family(p, name, "gauge", "1 = that alert of [alerts] fires");
	for (unsigned i = 0; i < ALERTS; i++) {
		struct prom_label label = {
			"alert", str_of(alert_name((enum alert_id)i))};
		prom_u64(p, name, &label, 1, page.alert[i].state == ALERT_FIRING);
	}
}

static void write_ledger(struct prom *p, const struct process *process)
{
	const struct segment *s = process->segment;
	struct pulse pulse;
	write_one(p, "atlas_ledger_uncommitted_bytes",
		"facts that record has still to write down",
		segment_uncommitted_bytes(s));
	write_one(p, "atlas_ledger_max_size_bytes",
		"what it may grow to: [ledger] max_size",
		process->settings.ledger_max_bytes);
	if (page_read(s->pulse, &pulse, sizeof pulse) == 0)
		return;
	write_one(p, "atlas_ledger_size_bytes",
		"of its file up to the last page, at the newest commit",
		pulse.ledger_bytes);
	write_one(p, "atlas_ledger_open_attempts",
		"attempts whose beginning is written down and whose end is not, at the "
		"newest commit",
		pulse.open_attempts);
}

static void write_build(struct prom *p)
{
	struct prom_label label = {"version", STR(ATLAS_VERSION)};
	prom_family(p, "atlas_build_info", "gauge", "1, of the version that answers");
	prom_u64(p, "atlas_build_info", &label, 1, 1);
}

void metrics_write_gauges(struct prom *p, const struct process *process)
{
	write_build(p);
	write_queue(p, process);
	write_limits(p, process);
	write_alerts(p, process->segment);
	write_ledger(p, process);
}

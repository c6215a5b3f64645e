/* The report for people. */
#include "base/clock.h"
#include "base/num.h"
#include "ctl/show.h"
#include "ctl/status.h"

#include <inttypes.h>
#include <stdio.h>

static void print_head(const struct report *r)
{
	char made[SHOW_TIME_BYTES];
	printf("Atlas is %s", status_name(r));
	if (r->master.config[0] != '\0')
		printf("; configuration %s, epoch %" PRIu64, r->master.config,
			r->epoch);
	printf("; segment of %s\n", show_time(r->created_ms, made));
	if (!r->master.is_listening)
		printf("  the master is gone; what follows is what it left behind\n");
	for (uint32_t i = 0; i < r->n_reasons; i++)
		printf("  ! %s\n", r->reason[i]);
	if (r->master.reload_error[0] != '\0')
		printf("  the last reload was refused: %s\n", r->master.reload_error);
	if (r->master.segment_resets > 0)
		printf("  full resets of the segment: %" PRIu64 "\n",
			r->master.segment_resets);
}

static void print_processes(const struct report *r)
{
	printf("\n%-18s %8s  %-9s %-12s %-14s %s\n", "PROCESS", "PID", "STATE",
		"LAST BEAT", "UP", "RESTARTS");
	for (uint32_t i = 0; i < r->n_processes; i++) {
		const struct report_process *p = &r->process[i];
		char beat[SHOW_SPAN_BYTES], up[SHOW_SPAN_BYTES];
		printf("%-18s %8u  %-9s %-12s %-14s %u\n", p->name, p->pid,
			proc_state_name(p->state),
			p->has_beaten ? show_span(p->beat_age_ns, beat) : "-",
			show_span(p->up_ns, up), p->restarts);
	}
}

static void print_work(const struct report *r)
{
	printf("\nQUEUE     %" PRIu64 " waiting, %" PRIu64 " sent, %" PRIu64
	       " streaming, %" PRIu64 " ending\n",
		r->exchanges[EXCHANGE_QUEUED], r->exchanges[EXCHANGE_SENT],
		r->exchanges[EXCHANGE_STREAMING],
		r->exchanges[EXCHANGE_DONE] + r->exchanges[EXCHANGE_FAILED]);
	printf("CHANNELS  %" PRIu64 " live, %" PRIu64 " spare, %" PRIu64
	       " being cleared\n",
		r->channels[CHANNEL_LIVE], r->channels[CHANNEL_SPARE],
		r->channels[CHANNEL_DEAD]);
	printf("FACTS     %" PRIu64 " bytes not yet in the ledger\n",
		r->uncommitted_bytes);
}

static void print_limits(const struct report *r)
{
	if (r->n_limits > 0)
		printf("\n%-24s %-10s %12s %12s %5s\n", "LIMIT", "WINDOW", "USED",
			"LIMIT", "%");
	for (uint32_t i = 0; i < r->n_limits; i++) {
		const struct report_limit *l = &r->limit[i];
		char name[LIMIT_SCOPE_BYTES + 16], window[SHOW_SPAN_BYTES];
		snprintf(
			name, sizeof name, "%s %s", l->scope, limit_unit_name(l->unit));
		printf("%-24s %-10s %12" PRIu64 " %12" PRIu64 " %4" PRIu64 "%%\n", name,
			show_span(l->window_ns, window), l->used, l->limit,
			num_mul_sat(l->used, 100) / l->limit);
	}
}

static void print_totals(const struct report *r)
{
	char cost[NUM_USD_BYTES], unknown[NUM_USD_BYTES];
	const struct pulse *p = &r->pulse;
	if (!r->has_pulse)
		return;
	num_format_usd(p->cost_nanousd, cost);
	num_format_usd(p->unknown_nanousd, unknown);
	printf("\nTOTALS    %" PRIu64 " requests, %" PRIu64 " attempts (%" PRIu64
	       " open)\n          %" PRIu64 " prompt tokens (%" PRIu64
	       " cached), %" PRIu64 " completion (%" PRIu64 " reasoning)\n"
	       "          $%s; of it unknown: %" PRIu64 " requests, %" PRIu64
	       " tokens, $%s\n",
		p->requests, p->attempts, p->open_attempts, p->prompt_tokens,
		p->cached_tokens, p->completion_tokens, p->reasoning_tokens, cost,
		p->unknown_requests, p->unknown_tokens, unknown);
}

static void print_counters(const struct report *r)
{
	bool is_any = false;
	for (unsigned id = 0; id < COUNTERS; id++) {
		if (r->counters[id] == 0)
			continue;
		if (!is_any)
			printf("\nCOUNTERS since this segment was made\n");
		is_any = true;
		printf("  %12" PRIu64 "  %s\n", r->counters[id], counter_help(id));
	}
}

static void print_events(const struct report *r)
{
	if (r->n_events > 0)
		printf("\nEVENTS, newest first\n");
	for (uint32_t i = 0; i < r->n_events; i++) {
		const struct report_event *e = &r->event[i];
		char when[SHOW_TIME_BYTES], name[EVENT_VIEW_BYTES],
			detail[EVENT_VIEW_BYTES];
		printf("  %s  %-18s %-20s %s\n", show_time(e->event.wall_ms, when),
			e->process, event_view_name(&e->event, name),
			event_view_detail(&e->event, detail));
	}
}

void status_print_text(const struct report *r)
{
	print_head(r);
	print_processes(r);
	print_work(r);
	print_limits(r);
	print_totals(r);
	print_counters(r);
	print_events(r);
}

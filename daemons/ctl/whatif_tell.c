/* `atlasctl whatif`'s answer, for people and as JSON. */
#include "ctl/whatif_tell.h"

#include "base/num.h"
#include "ctl/show.h"
#include "insight/tell_performance.h"

#include <inttypes.h>
#include <stdio.h>

static uint64_t refused(const struct whatif_outcome *o)
{
	return o->refused_full + o->refused_late + o->refused_large;
}

static void print_row(const char *what, uint64_t recorded, uint64_t now, uint64_t then)
{
	printf("%-22s %16" PRIu64 " %16" PRIu64 " %16" PRIu64 "\n", what, recorded, now,
		then);
}

/* What the ledger has of the time that is asked about. */
static void print_span(const struct whatif_record *r)
{
	char n[SHOW_COUNT_BYTES], first[SHOW_TIME_BYTES];
	printf("last %" PRIu64 " h: %s%s", r->hours, show_count(r->n, "request", n),
		r->is_full ? ", the first million" : "");
	if (r->first_ms != 0)
		printf(", from %s on", show_time(r->first_ms, first));
	printf("%s\n\n", r->is_pruned ? "; older rows are pruned" : "");
}

static void print_unsent(const char *run, const struct whatif_unsent *u)
{
	char most[NUM_USD_BYTES + 32] = "", high[NUM_USD_BYTES];
	bool is_one = u->n == 1;
	if (u->n == 0)
		return;
	num_format_usd(u->high_nanousd, high);
	if (!u->is_unbounded)
		snprintf(most, sizeof most, " (at most $%s)", high);
	printf("%s: %" PRIu64 " that start%s never sent, and count%s as $0%s and 0 s: "
	       "nobody knows what %s would have come to\n",
		run, u->n, is_one ? "s was" : " were", is_one ? "s" : "", most,
		is_one ? "it" : "they");
}

void whatif_print(const struct whatif_answer *a)
{
	const struct whatif_record *r = &a->record;
	char was[NUM_USD_BYTES], now[NUM_USD_BYTES], then[NUM_USD_BYTES];
	num_format_usd(r->cost_nanousd, was);
	num_format_usd(a->now.cost_nanousd, now);
	num_format_usd(a->then.cost_nanousd, then);
	print_span(r);
	printf("%-22s %16s %16s %16s\n", "", "recorded", "by rules of now", "what if");
	print_row("started", r->n - r->n_unsent, a->now.started, a->then.started);
	print_row("refused", r->n_unsent, refused(&a->now), refused(&a->then));
	print_row("wait p50 ms, at most", histo_quantile(&r->waited, 500),
		histo_quantile(&a->now.wait_ms, 500),
		histo_quantile(&a->then.wait_ms, 500));
	print_row("wait p99 ms, at most", histo_quantile(&r->waited, 990),
		histo_quantile(&a->now.wait_ms, 990),
		histo_quantile(&a->then.wait_ms, 990));
	print_row(
		"wait max ms", r->waited.max, a->now.wait_ms.max, a->then.wait_ms.max);
	printf("%-22s %16s %16s %16s\n", "dollars", was, now, then);
	printf("p50 and p99 are known within a quarter\n");
	printf("recorded as refused is who waited in vain; who found the queue full is in "
	       "no row\n");
	print_unsent("by rules of now", &a->now_unsent);
	print_unsent("what if", &a->then_unsent);
	printf("\nwhat if: %" PRIu64 " start earlier, %" PRIu64 " later\n",
		a->moved.earlier, a->moved.later);
	whatif_order_print(&a->order);
	if (a->n_unpriced > 0)
		printf("%" PRIu64 " attempt%s no price there and count%s nothing\n",
			a->n_unpriced, a->n_unpriced == 1 ? " has" : "s have",
			a->n_unpriced == 1 ? "s" : "");
}

static void json_unsent(struct jsonw *w, const struct whatif_unsent *u)
{
	jsonw_key(w, STR("never_sent"));
	jsonw_begin_object(w);
	show_json_u64(w, STR("started"), u->n);
	jsonw_key(w, STR("highest_usd"));
	if (u->is_unbounded)
		jsonw_null(w);
	else
		jsonw_usd(w, u->high_nanousd);
	jsonw_end_object(w);
}

static void json_outcome(struct jsonw *w, struct str key,
	const struct whatif_outcome *o, const struct whatif_unsent *u)
{
	jsonw_key(w, key);
	jsonw_begin_object(w);
	show_json_u64(w, STR("started"), o->started);
	show_json_u64(w, STR("refused_queue_full"), o->refused_full);
	show_json_u64(w, STR("refused_queue_timeout"), o->refused_late);
	show_json_u64(w, STR("refused_too_large"), o->refused_large);
	jsonw_key(w, STR("wait_ms"));
	tell_histo(w, &o->wait_ms);
	tell_usd(w, STR("total_cost_usd"), o->cost_nanousd);
	json_unsent(w, u);
	jsonw_end_object(w);
}

void whatif_tell(const struct whatif_answer *a)
{
	const struct whatif_record *r = &a->record;
	struct jsonw w;
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	show_json_u64(&w, STR("time_period_hours"), r->hours);
	show_json_u64(&w, STR("requests"), r->n);
	jsonw_key(&w, STR("is_cut"));
	jsonw_bool(&w, r->is_full);
	tell_time(&w, STR("rows_from"), r->first_ms);
	jsonw_key(&w, STR("is_pruned"));
	jsonw_bool(&w, r->is_pruned);
	jsonw_key(&w, STR("recorded"));
	jsonw_begin_object(&w);
	show_json_u64(&w, STR("started"), r->n - r->n_unsent);
	show_json_u64(&w, STR("refused_in_vain"), r->n_unsent);
	jsonw_key(&w, STR("wait_ms"));
	tell_histo(&w, &r->waited);
	tell_usd(&w, STR("total_cost_usd"), r->cost_nanousd);
	jsonw_end_object(&w);
	json_outcome(&w, STR("now"), &a->now, &a->now_unsent);
	json_outcome(&w, STR("whatif"), &a->then, &a->then_unsent);
	show_json_u64(&w, STR("start_earlier"), a->moved.earlier);
	show_json_u64(&w, STR("start_later"), a->moved.later);
	whatif_order_tell(&w, &a->order);
	show_json_u64(&w, STR("unpriced"), a->n_unpriced);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
}

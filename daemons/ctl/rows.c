/* atlasctl session, requests and export: rows of the ledger. */
#include "base/num.h"
#include "ctl/reading.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "insight/tell_csv.h"
#include "insight/tell.h"
#include "store/query.h"
#include "store/range.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 4096 };

/* ---- one session ------------------------------------------------------------------------------ */

struct list {
	bool is_json;
	uint64_t n, limit;
	struct jsonw w;
};

static void print_row(const struct row *r)
{
	char id[EXCHANGE_ID_TEXT_BYTES], sent[SHOW_TIME_BYTES], cost[NUM_USD_BYTES];
	exchange_id_format(r->id, id);
	num_format_usd(r->cost_nanousd, cost);
	printf("%s  %s  %-16s %3u  %-24.24s %8" PRIu64 " %14s  %s\n",
		show_time(r->sent_ms, sent), id,
		outcome_name((enum attempt_outcome)r->outcome), r->status, r->model,
		num_add_sat(r->prompt_tokens, r->completion_tokens), cost,
		row_error(r));
}

static bool on_session_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct list *l = arg;
	(void)sequence;
	if (l->is_json)
		tell_row(&l->w, r, NULL);
	else
		print_row(r);
	return ++l->n < l->limit;
}

static enum query_verdict walk_session(
	struct store *s, const char *id, struct list *l, struct err *e)
{
	struct query_place at = query_start_last();
	enum query_verdict v = QUERY_MORE;
	while (v == QUERY_MORE && l->n < l->limit)
		v = query_session_rows(s, id, &at, on_session_row, l, e);
	show_damaged(at.n_bad);
	return v;
}

static void print_sum(const char *id, const struct totals *t)
{
	char cost[NUM_USD_BYTES];
	num_format_usd(t->cost_nanousd, cost);
	printf("session %s: %" PRIu64 " requests, %" PRIu64 " tokens, $%s\n", id,
		t->requests, t->total_tokens, cost);
}

static enum ctl_exit tell_session(
	const struct ctl *c, struct store *s, const struct reading *r, struct list *l)
{
	struct totals sum;
	struct err e = {0};
	if (!query_session(s, r->word, &sum, &e))
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	if (!l->is_json)
		print_sum(r->word, &sum);
	jsonw_begin_object(&l->w);
	tell_text(&l->w, STR("session_id"), r->word);
	jsonw_key(&l->w, STR("usage"));
	tell_totals(&l->w, &sum);
	jsonw_key(&l->w, STR("requests"));
	jsonw_begin_array(&l->w);
	if (walk_session(s, r->word, l, &e) == QUERY_FAILED)
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	jsonw_end_array(&l->w);
	jsonw_end_object(&l->w);
	if (l->is_json)
		show_json(&l->w);
	return CTL_DONE;
}

enum ctl_exit ctl_session(struct ctl *c)
{
	struct reading r;
	struct store *s;
	if (!reading_parse(c, "WORD limit", &r) || r.word == NULL)
		return CTL_USAGE;
	enum ctl_exit status = target_open_ledger(c, &s);
	if (status != CTL_DONE)
		return status;
	struct list l = {.is_json = c->is_json, .limit = r.limit};
	jsonw_init(&l.w, SHOW_JSON_BYTES);
	status = tell_session(c, s, &r, &l);
	jsonw_fini(&l.w);
	store_close(s);
	return status;
}

/* ---- rows of a period ----------------------------------------------------------------------- */

struct export
{
	const struct reading *reading;
	uint64_t from_ms, n;
	bool is_csv, is_json;
};

static bool is_wanted(const struct export *x, const struct row *r)
{
	const struct reading *want = x->reading;
	return r->sent_ms >= x->from_ms &&
	       (want->error == NULL || strcmp(row_error(r), want->error) == 0) &&
	       (want->model == NULL || strcmp(r->model, want->model) == 0) &&
	       (want->session == NULL || strcmp(r->session, want->session) == 0);
}

static void print_json_line(const struct row *r)
{
	char buf[LINE_BYTES];
	struct jsonw w;
	struct str line;
	jsonw_init_fixed(&w, buf, sizeof buf);
	tell_row(&w, r, NULL);
	if (jsonw_done(&w, &line))
		printf(STR_FMT "\n", STR_ARG(line));
}

static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct export *x = arg;
	char line[TELL_CSV_BYTES];
	(void)sequence;
	if (!is_wanted(x, r))
		return true;
	if (x->is_csv)
		fwrite(line, 1, tell_csv_row(r, NULL, line), stdout);
	else if (x->is_json)
		print_json_line(r);
	else
		print_row(r);
	return ++x->n < x->reading->limit;
}

static enum ctl_exit walk_rows(const struct ctl *c, struct store *s, struct export *x)
{
	struct query_place at;
	struct err e = {0};
	struct range range;
	struct range_want want = range_last_hours(clock_wall_ms(), x->reading->hours);
	range_make(&range, &want);
	x->from_ms = range.from_ms;
	enum query_verdict v =
		query_find_sent(s, x->from_ms, &at, &e) ? QUERY_MORE : QUERY_FAILED;
	while (v == QUERY_MORE && x->n < x->reading->limit)
		v = query_rows(s, &at, on_row, x, &e);
	if (v == QUERY_FAILED)
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	show_damaged(at.n_bad);
	return CTL_DONE;
}

static enum ctl_exit run(struct ctl *c, struct export *x)
{
	struct store *s;
	enum ctl_exit status = target_open_ledger(c, &s);
	if (status != CTL_DONE)
		return status;
	status = walk_rows(c, s, x);
	store_close(s);
	return status;
}

/* One line a row, oldest first: JSON lines with --json. */
enum ctl_exit ctl_requests(struct ctl *c)
{
	struct reading r;
	if (!reading_parse(c, "hours limit error model session", &r))
		return CTL_USAGE;
	struct export x = {.reading = &r, .is_json = c->is_json};
	return run(c, &x);
}

enum ctl_exit ctl_export(struct ctl *c)
{
	struct reading r;
	char line[TELL_CSV_BYTES];
	if (!reading_parse(c, "hours format error model session", &r))
		return CTL_USAGE;
	bool is_jsonl = r.format != NULL && strcmp(r.format, "jsonl") == 0;
	if (r.format != NULL && !is_jsonl && strcmp(r.format, "csv") != 0)
		return CTL_USAGE;
	r.limit = UINT64_MAX;
	struct export x = {.reading = &r, .is_csv = !is_jsonl, .is_json = is_jsonl};
	if (x.is_csv)
		fwrite(line, 1, tell_csv_head(line), stdout);
	return run(c, &x);
}

/* atlasctl session, requests and export: rows of the ledger. */
#include "base/num.h"
#include "ctl/fresh.h"
#include "ctl/names.h"
#include "ctl/reading.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "insight/tell_csv.h"
#include "insight/tell.h"
#include "store/extent.h"
#include "store/query.h"
#include "store/range.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 4096 };

/* ---- one session ------------------------------------------------------------------------------ */

struct list {
	bool is_json, is_up_to_date;
	const struct names *names;
	uint64_t n, limit;
	bool has_more;
	struct jsonw w;
};

/* Nobody has counted how many more there are. */
static void say_more(uint64_t limit)
{
	fprintf(stderr, "These are the newest %" PRIu64 "; --limit N shows more.\n",
		limit);
}

static void print_row_head(void)
{
	printf("%-24s  %-36s  %-16s %3s %8s %14s  %-16s %-24s %s\n", "SENT", "ID",
		"OUTCOME", "", "TOKENS", "DOLLARS", "CLIENT", "ERROR", "MODEL");
}

static void print_row(const struct row *r, const struct names *names)
{
	char id[EXCHANGE_ID_TEXT_BYTES], sent[SHOW_TIME_BYTES], cost[NUM_USD_BYTES];
	char client_id[TELL_CLIENT_BYTES];
	const char *client = names_find(names, r->client_id);
	tell_client_id(r->client_id, client_id);
	exchange_id_format(r->id, id);
	num_format_usd(r->cost_nanousd, cost);
	printf("%-24s  %s  %-16s %3u %8" PRIu64 " %14s  %-16s %-24s %s\n",
		row_is_unsent(r) ? "-" : show_time(r->sent_ms, sent), id,
		outcome_name((enum attempt_outcome)r->outcome), r->status,
		num_add_sat(r->prompt_tokens, r->completion_tokens), cost,
		client != NULL ? client : client_id,
		row_error(r)[0] != '\0' ? row_error(r) : "-", r->model);
}

static bool on_session_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct list *l = arg;
	(void)sequence;
	l->has_more = l->n == l->limit;
	if (l->has_more)
		return false;
	l->n++;
	if (l->is_json)
		tell_row(&l->w, r, names_find(l->names, r->client_id));
	else
		print_row(r, l->names);
	return true;
}

static enum query_verdict walk_session(
	struct store *s, const char *id, struct list *l, struct err *e)
{
	struct query_place at = query_start_last();
	enum query_verdict v = QUERY_MORE;
	while (v == QUERY_MORE && !l->has_more)
		v = query_session_rows(s, id, &at, on_session_row, l, e);
	show_damaged(at.n_bad);
	return v;
}

static void print_sum(const char *id, const struct totals *t)
{
	char cost[NUM_USD_BYTES], n[2][SHOW_COUNT_BYTES];
	num_format_usd(t->cost_nanousd, cost);
	printf("session %s: %s, %s, $%s\n", id,
		show_count(t->requests, "request", n[0]),
		show_count(t->total_tokens, "token", n[1]), cost);
}

static enum ctl_exit refuse_session(
	const struct ctl *c, const char *id, bool is_up_to_date)
{
	if (!is_up_to_date)
		return ctl_fail(c, CTL_REFUSED,
			"the ledger has no session \"%s\", but what was answered last is "
			"not written down yet; ask again",
			id);
	return ctl_fail(c, CTL_REFUSED,
		"the ledger has no session \"%s\"; `atlasctl sessions` lists them", id);
}

static enum ctl_exit tell_session(
	const struct ctl *c, struct store *s, const struct reading *r, struct list *l)
{
	struct query_session sum;
	struct err e = {0};
	if (!query_session(s, r->word, &sum, &e))
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	if (!sum.is_known)
		return refuse_session(c, r->word, l->is_up_to_date);
	if (!l->is_json) {
		print_sum(r->word, &sum.totals);
		print_row_head();
	}
	jsonw_begin_object(&l->w);
	tell_text(&l->w, STR("session_id"), r->word);
	jsonw_key(&l->w, STR("usage"));
	tell_totals(&l->w, &sum.totals);
	jsonw_key(&l->w, STR("requests"));
	jsonw_begin_array(&l->w);
	if (walk_session(s, r->word, l, &e) == QUERY_FAILED)
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	jsonw_end_array(&l->w);
	jsonw_key(&l->w, STR("up_to_date"));
	jsonw_bool(&l->w, l->is_up_to_date);
	jsonw_end_object(&l->w);
	if (l->is_json)
		show_json(&l->w);
	else if (l->has_more)
		say_more(l->limit);
	if (!l->is_json && !l->is_up_to_date)
		fprintf(stderr, "What was answered last is not written down yet; ask "
				"again.\n");
	return CTL_DONE;
}

/* Where nothing runs, the ledger has all there is. */
static bool wait_until_fresh(const struct ctl *c)
{
	struct segment running;
	if (!segment_open(&running, c->segment, NULL))
		return true;
	bool is_fresh = fresh_wait(&running);
	segment_close(&running);
	return is_fresh;
}

enum ctl_exit ctl_session(struct ctl *c)
{
	struct reading r;
	struct store *s;
	if (!reading_parse(c, &r))
		return CTL_USAGE;
	bool is_up_to_date = wait_until_fresh(c);
	enum ctl_exit status = target_open_ledger(c, &s);
	if (status != CTL_DONE)
		return status;
	struct names *names = names_read(s);
	struct list l = {.is_json = c->is_json,
		.is_up_to_date = is_up_to_date,
		.names = names,
		.limit = r.limit};
	jsonw_init(&l.w, SHOW_JSON_BYTES);
	status = tell_session(c, s, &r, &l);
	jsonw_fini(&l.w);
	names_free(names);
	store_close(s);
	return status;
}

/* ---- rows of a period ----------------------------------------------------------------------- */

struct export
{
	const struct reading *reading;
	struct names *names;
	uint64_t from_ms;
	uint64_t at_ms; /* no row that is still to be read was sent before */
	bool is_csv;
	/* requests: the newest `limit` of those seen, a ring. NULL for export. */
	struct row *newest;
	uint64_t n;
};

static bool is_wanted(const struct export *x, const struct row *r)
{
	const struct reading *want = x->reading;
	return r->sent_ms >= x->from_ms &&
	       (want->error == NULL || strcmp(row_error(r), want->error) == 0) &&
	       (want->model == NULL || strcmp(r->model, want->model) == 0) &&
	       (want->session == NULL || strcmp(r->session, want->session) == 0);
}

static void print_json_line(const struct row *r, const char *client)
{
	char buf[LINE_BYTES];
	struct jsonw w;
	struct str line;
	jsonw_init_fixed(&w, buf, sizeof buf);
	tell_row(&w, r, client);
	if (jsonw_done(&w, &line))
		printf(STR_FMT "\n", STR_ARG(line));
}

static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct export *x = arg;
	char line[TELL_CSV_BYTES];
	(void)sequence;
	x->at_ms = MAX(r->sent_ms, x->from_ms);
	if (!is_wanted(x, r))
		return true;
	const char *client = names_find(x->names, r->client_id);
	if (x->newest != NULL)
		x->newest[x->n++ % x->reading->limit] = *r;
	else if (x->is_csv)
		fwrite(line, 1, tell_csv_row(r, client, line), stdout);
	else
		print_json_line(r, client);
	return true;
}

/* What is not there for its age. */
static void say_from(const struct export *x, const struct extent *extent)
{
	char from[SHOW_TIME_BYTES];
	if (extent->whole_ms > x->from_ms)
		fprintf(stderr,
			"atlasctl: of what was sent before %s rows are gone, by [ledger] "
			"keep_rows\n",
			show_time(extent->whole_ms, from));
}

/* The newest ones do not care for what goes at the old end. */
static enum query_verdict walk_slice(struct store *s, struct query_place *at,
	struct export *x, const struct extent *before, struct err *e)
{
	struct extent now;
	uint64_t at_ms = x->at_ms;
	enum query_verdict v = query_rows(s, at, on_row, x, e);
	if (v == QUERY_FAILED || x->newest != NULL)
		return v;
	if (!extent_read(s, &now, e))
		return QUERY_FAILED;
	if (extent_has_lost(before, &now, at_ms)) {
		(void)err_set(
			e, "rows were taken out before they were read; ask again");
		return QUERY_FAILED;
	}
	return v;
}

static enum ctl_exit walk_rows(const struct ctl *c, struct store *s, struct export *x)
{
	struct query_place at;
	struct extent extent;
	struct err e = {0};
	struct range range;
	struct range_want want = range_last_hours(clock_wall_ms(), x->reading->hours);
	range_make(&range, &want);
	x->from_ms = x->at_ms = range.from_ms;
	enum query_verdict v =
		extent_read(s, &extent, &e) && query_find_sent(s, x->from_ms, &at, &e)
			? QUERY_MORE
			: QUERY_FAILED;
	if (v == QUERY_MORE && x->newest == NULL)
		say_from(x, &extent);
	while (v == QUERY_MORE)
		v = walk_slice(s, &at, x, &extent, &e);
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
	x->names = names_read(s);
	status = walk_rows(c, s, x);
	store_close(s);
	return status;
}

/* The row that is `back` behind the newest, NULL = there is none. */
static const struct row *newest(const struct export *x, uint64_t back)
{
	uint64_t limit = x->reading->limit;
	return back < MIN(x->n, limit) ? &x->newest[(x->n - 1 - back) % limit] : NULL;
}

static void print_requests(const struct export *x)
{
	const struct row *r;
	print_row_head();
	for (uint64_t back = 0; (r = newest(x, back)) != NULL; back++)
		print_row(r, x->names);
	if (x->n > x->reading->limit)
		say_more(x->reading->limit);
}

static void json_requests(const struct export *x)
{
	struct jsonw w;
	const struct row *r;
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("requests"));
	jsonw_begin_array(&w);
	for (uint64_t back = 0; (r = newest(x, back)) != NULL; back++)
		tell_row(&w, r, names_find(x->names, r->client_id));
	jsonw_end_array(&w);
	show_json_u64(&w, STR("time_period_hours"), x->reading->hours);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
}

/* The newest of the period, newest first. */
enum ctl_exit ctl_requests(struct ctl *c)
{
	struct reading r;
	if (!reading_parse(c, &r))
		return CTL_USAGE;
	struct export x = {.reading = &r, .newest = calloc(r.limit, sizeof *x.newest)};
	must(x.newest != NULL);
	enum ctl_exit status = run(c, &x);
	if (status == CTL_DONE && c->is_json)
		json_requests(&x);
	else if (status == CTL_DONE)
		print_requests(&x);
	names_free(x.names);
	free(x.newest);
	return status;
}

/* Every row of the period, oldest first. */
enum ctl_exit ctl_export(struct ctl *c)
{
	struct reading r;
	char line[TELL_CSV_BYTES];
	if (!reading_parse(c, &r))
		return CTL_USAGE;
	struct export x = {.reading = &r, .is_csv = !c->is_json};
	if (r.format != NULL)
		x.is_csv = strcmp(r.format, "csv") == 0;
	if (x.is_csv)
		fwrite(line, 1, tell_csv_head(line), stdout);
	enum ctl_exit status = run(c, &x);
	names_free(x.names);
	return status;
}

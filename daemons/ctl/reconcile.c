/*
 * atlasctl reconcile FILE: the provider's usage against the ledger, by day and model, or
 * what it charges, by day. As with diff(1), exit 1 says that they differ, and 2 that nobody
 * could see whether: of what the file has no figure for, and of days whose rows are pruned.
 */
#include "base/num.h"
#include "conf/slurp.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "insight/reconcile.h"
#include "insight/tell.h"
#include "store/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS UINT64_C(86400000)

enum { FILE_BYTES_MAX = 64 << 20, DATE_CHARS = 10, USD_PLACES = 9 };

static bool on_row(void *arg, uint64_t sequence, const struct row *row)
{
	(void)sequence;
	reconcile_add(arg, row);
	return true;
}

static enum query_verdict read_ours(struct reconcile *r, struct store *s, struct err *e)
{
	struct query_place at;
	enum query_verdict v = QUERY_MORE;
	struct query_summary sum;
	if (!query_summary(s, &sum, e) ||
		!query_find_sent(s, r->first_day * DAY_MS, &at, e))
		return QUERY_FAILED;
	reconcile_keep_from(r, sum.rows_from_ms);
	while (v == QUERY_MORE)
		v = query_rows(s, &at, on_row, r, e);
	show_damaged(at.n_bad);
	return v;
}

/* ---- telling ------------------------------------------------------------------------------ */

/* What came of it. */
struct result {
	struct reconcile_line *line;
	uint32_t n, of[RECONCILE_VERDICTS]; /* lines */
	uint32_t untold; /* figures that were not compared, as bits */
};

static const char *const words[RECONCILE_VERDICTS] = {
	"=", "within what is unknown", "differs", "not compared: its rows are pruned"};

/* Where ours is a guess it cannot but differ. */
static void print_verdict(const struct reconcile_line *l)
{
	char n[SHOW_COUNT_BYTES];
	printf("  %s", words[l->verdict]);
	if (l->verdict == RECONCILE_DIFFERS && l->estimated > 0)
		printf(", %s of ours estimated",
			show_count(l->estimated, "attempt", n));
	printf("\n");
}

static const char *date(uint64_t day, char out[static SHOW_TIME_BYTES])
{
	show_time(day * DAY_MS + 1, out);
	out[DATE_CHARS] = '\0';
	return out;
}

/* Theirs stands beside ours, or "=" where it is the same, "-" where the file has none. */
static void print_pair(uint64_t ours, uint64_t theirs, bool is_told)
{
	printf(" %12" PRIu64, ours);
	if (is_told && ours != theirs)
		printf(" %12" PRIu64, theirs);
	else
		printf(" %12s", is_told ? "=" : "-");
}

static bool is_told(const struct reconcile *r, enum reconcile_figure f)
{
	return (r->told & 1u << f) != 0;
}

static void print_usage(
	const struct reconcile *r, const struct reconcile_line *l, uint32_t n)
{
	char day[SHOW_TIME_BYTES];
	printf("%-10s  %-28s %12s %12s %12s %12s %12s %12s %12s %12s  %-7s  %s\n",
		"DAY", "MODEL", "REQUESTS", "THEIRS", "PROMPT", "THEIRS", "CACHED",
		"THEIRS", "COMPLETION", "THEIRS", "UNKNOWN", "");
	for (uint32_t i = 0; i < n; i++) {
		const struct reconcile_sums *a = &l[i].ours, *b = &l[i].theirs;
		printf("%-10s  %-28s", date(l[i].day, day), l[i].model);
		print_pair(a->requests, b->requests, is_told(r, RECONCILE_REQUESTS));
		print_pair(a->prompt_tokens, b->prompt_tokens,
			is_told(r, RECONCILE_PROMPT));
		print_pair(a->cached_tokens, b->cached_tokens,
			is_told(r, RECONCILE_CACHED));
		print_pair(a->completion_tokens, b->completion_tokens,
			is_told(r, RECONCILE_COMPLETION));
		printf("  %-7" PRIu64, l[i].unknown);
		print_verdict(&l[i]);
	}
}

enum { DOLLAR_BYTES = 1 + NUM_USD_BYTES };

static const char *dollars(int64_t nanousd, char out[static DOLLAR_BYTES])
{
	bool is_credit = nanousd < 0;
	out[0] = '-';
	num_format_usd(
		is_credit ? 0 - (uint64_t)nanousd : (uint64_t)nanousd, out + is_credit);
	return out;
}

static void print_costs(const struct reconcile_line *l, uint32_t n)
{
	char day[SHOW_TIME_BYTES], ours[DOLLAR_BYTES], theirs[DOLLAR_BYTES];
	char unknown[NUM_USD_BYTES];
	printf("%-10s %16s %16s %16s  %s\n", "DAY", "OURS", "OF IT UNKNOWN", "THEIRS",
		"");
	for (uint32_t i = 0; i < n; i++) {
		num_format_usd(l[i].unknown_nanousd, unknown);
		printf("%-10s %16s %16s %16s", date(l[i].day, day),
			dollars(l[i].ours.cost_nanousd, ours), unknown,
			dollars(l[i].theirs.cost_nanousd, theirs));
		print_verdict(&l[i]);
	}
}

static void print_untold(const struct result *t)
{
	for (unsigned f = 0; f < RECONCILE_FIGURES; f++)
		if ((t->untold & 1u << f) != 0)
			printf("not compared: the file has no %s\n",
				reconcile_figure_name((enum reconcile_figure)f));
}

/* "all 3 days agree", "1 of 3 days agrees". */
static void print_some(uint32_t n, uint32_t of, const char *what, const char *do_what)
{
	if (n == of && n > 1)
		printf("all %u %s %s", n, what, do_what);
	else
		printf("%u of %u %s %s%s", n, of, what, do_what, n == 1 ? "s" : "");
}

/* Each line that was compared is in one of these. */
static void print_verdicts(const struct reconcile *r, const struct result *t)
{
	bool is_cost = r->kind == RECONCILE_COSTS;
	const char *what = is_cost ? "days" : "days and models";
	uint32_t of = t->n - t->of[RECONCILE_PRUNED];
	if (t->of[RECONCILE_DIFFERS] > 0) {
		print_some(t->of[RECONCILE_DIFFERS], of, what, "differ");
		printf("\n");
	}
	if (t->of[RECONCILE_AGREES] > 0) {
		print_some(t->of[RECONCILE_AGREES], of, what, "agree");
		printf("%s%s\n", is_cost ? " to the cent" : "",
			t->untold != 0 ? " in what was compared" : "");
	}
	if (t->of[RECONCILE_WITHIN] > 0)
		printf("within what is unknown of ours on %u of %u %s: it may agree\n",
			t->of[RECONCILE_WITHIN], of, what);
}

static void print_left_out(const struct reconcile *r)
{
	char n[SHOW_COUNT_BYTES];
	if (r->n_free > 0)
		printf("left out of ours: %s that the provider refused and does not "
		       "bill\n",
			show_count(r->n_free, "attempt", n));
	if (r->n_unpriced > 0 && r->kind == RECONCILE_COSTS)
		printf("left out of ours: %s without a price\n",
			show_count(r->n_unpriced, "attempt", n));
}

static void print_result(const struct reconcile *r, const struct result *t)
{
	if (r->kind == RECONCILE_COSTS)
		print_costs(t->line, t->n);
	else
		print_usage(r, t->line, t->n);
	print_left_out(r);
	print_verdicts(r, t);
	if (t->of[RECONCILE_PRUNED] > 0)
		printf("%u not compared: rows of those days are pruned ([ledger] "
		       "keep_rows)\n",
			t->of[RECONCILE_PRUNED]);
	print_untold(t);
}

static void json_sums(const struct reconcile *r, struct jsonw *w, struct str key,
	const struct reconcile_sums *s)
{
	jsonw_key(w, key);
	jsonw_begin_object(w);
	if (r->kind == RECONCILE_COSTS) {
		jsonw_key(w, STR("cost_usd"));
		jsonw_fixed(w, s->cost_nanousd, USD_PLACES);
	} else {
		show_json_u64(w, STR("requests"), s->requests);
		show_json_u64(w, STR("prompt_tokens"), s->prompt_tokens);
		show_json_u64(w, STR("cached_tokens"), s->cached_tokens);
		show_json_u64(w, STR("completion_tokens"), s->completion_tokens);
	}
	jsonw_end_object(w);
}

static void json_line(
	const struct reconcile *r, struct jsonw *w, const struct reconcile_line *l)
{
	static const char *const names[RECONCILE_VERDICTS] = {
		"agrees", "within_unknown", "differs", "pruned"};
	char day[SHOW_TIME_BYTES];
	jsonw_begin_object(w);
	show_json_text(w, STR("day"), date(l->day, day));
	if (r->kind != RECONCILE_COSTS)
		show_json_text(w, STR("model"), l->model);
	json_sums(r, w, STR("ours"), &l->ours);
	json_sums(r, w, STR("theirs"), &l->theirs);
	show_json_u64(w, STR("unknown_requests"), l->unknown);
	tell_usd(w, STR("unknown_usd"), l->unknown_nanousd);
	show_json_u64(w, STR("estimated_attempts"), l->estimated);
	show_json_text(w, STR("verdict"), names[l->verdict]);
	jsonw_key(w, STR("differs"));
	jsonw_bool(w, l->verdict == RECONCILE_DIFFERS);
	jsonw_end_object(w);
}

static void json_untold(struct jsonw *w, const struct result *t)
{
	jsonw_key(w, STR("not_compared"));
	jsonw_begin_array(w);
	for (unsigned f = 0; f < RECONCILE_FIGURES; f++) {
		const char *name = reconcile_figure_name((enum reconcile_figure)f);
		if ((t->untold & 1u << f) != 0)
			jsonw_string(w, (struct str){name, strlen(name)});
	}
	jsonw_end_array(w);
}

static void json_result(const struct reconcile *r, const struct result *t)
{
	struct jsonw w;
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	show_json_u64(&w, STR("differ"), t->of[RECONCILE_DIFFERS]);
	show_json_u64(&w, STR("within_unknown"), t->of[RECONCILE_WITHIN]);
	show_json_u64(&w, STR("pruned"), t->of[RECONCILE_PRUNED]);
	show_json_u64(&w, STR("refused_attempts"), r->n_free);
	show_json_u64(&w, STR("unpriced_attempts"), r->n_unpriced);
	json_untold(&w, t);
	jsonw_key(&w, STR("lines"));
	jsonw_begin_array(&w);
	for (uint32_t i = 0; i < t->n; i++)
		json_line(r, &w, &t->line[i]);
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
}

static enum ctl_exit tell(const struct ctl *c, struct reconcile *r)
{
	struct result t = {0};
	t.line = reconcile_compare(r, &t.n);
	t.untold = reconcile_untold(r, t.line, t.n);
	for (uint32_t i = 0; i < t.n; i++)
		t.of[t.line[i].verdict]++;
	if (c->is_json)
		json_result(r, &t);
	else
		print_result(r, &t);
	free(t.line);
	if (t.of[RECONCILE_DIFFERS] > 0)
		return CTL_REFUSED;
	bool is_seen = t.of[RECONCILE_PRUNED] == 0 && t.untold == 0;
	return is_seen ? CTL_DONE : CTL_USAGE;
}

/* ---- the command ---------------------------------------------------------------------------- */

static enum ctl_exit run(const struct ctl *c, struct reconcile *r)
{
	struct str text;
	struct err e = {0};
	struct store *s;
	if (!slurp_file(c->arg[0], FILE_BYTES_MAX, &text, &e))
		return ctl_fail(c, CTL_USAGE, "%s", e.text);
	bool ok = reconcile_read(r, text, c->arg[0], &e);
	slurp_free(&text);
	if (!ok)
		return ctl_fail(c, CTL_USAGE, "%s", e.text);
	if (target_open_ledger(c, &s) != CTL_DONE)
		return CTL_USAGE;
	enum query_verdict v = read_ours(r, s, &e);
	store_close(s);
	return v == QUERY_DONE ? tell(c, r) : ctl_fail(c, CTL_USAGE, "%s", e.text);
}

enum ctl_exit ctl_reconcile(struct ctl *c)
{
	struct reconcile r;
	if (c->n_args != 1)
		return CTL_USAGE;
	reconcile_init(&r);
	enum ctl_exit status = run(c, &r);
	reconcile_fini(&r);
	return status;
}

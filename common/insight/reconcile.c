/* Two sums by day and model, side by side. */
#include "insight/reconcile_parts.h"

#include "base/num.h"
#include "text/doc.h"
#include "text/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS       UINT64_C(86400000)
#define CENT_NANOUSD UINT64_C(10000000)

enum { ALL_FIGURES = (1 << RECONCILE_FIGURES) - 1 };

void reconcile_init(struct reconcile *r)
{
	*r = (struct reconcile){.theirs = groups_new(),
		.ours = groups_new(),
		.credits = groups_new(),
		.unknown = groups_new(),
		.first_day = UINT64_MAX};
}

void reconcile_fini(struct reconcile *r)
{
	groups_free(r->theirs);
	groups_free(r->ours);
	groups_free(r->credits);
	groups_free(r->unknown);
}

/* ---- sums ----------------------------------------------------------------------------- */

void reconcile_sum(
	struct groups *g, uint64_t day, struct str model, const struct totals *t)
{
	char key[KEY_NAME_BYTES];
	model = reconcile_undated(model);
	int n = snprintf(key, sizeof key, "%06llu %.*s", (unsigned long long)day,
		(int)MIN(model.n, (size_t)RECONCILE_MODEL_BYTES - 1), model.p);
	groups_add(g, (struct str){key, MIN((size_t)n, sizeof key - 1)}, t);
}

uint64_t reconcile_day_of_key(const char *key)
{
	uint64_t v = 0;
	(void)!num_parse_u64((struct str){key, RECONCILE_DAY_CHARS - 1}, &v);
	return v;
}

void reconcile_cover(struct reconcile *r, uint64_t day)
{
	r->first_day = MIN(r->first_day, day);
	r->last_day = MAX(r->last_day, day);
}

bool reconcile_theirs(struct reconcile *r, uint64_t day, struct str model,
	const struct totals *t, struct err *e)
{
	struct totals beyond;
	uint32_t n;
	reconcile_sum(r->theirs, day, model, t);
	return groups_count(r->theirs) < RECONCILE_LINES ||
	       !groups_other(r->theirs, &n, &beyond) ||
	       err_set(e, "more than %d days and models", RECONCILE_LINES);
}

/* ---- JSON ------------------------------------------------------------------------------- */

/* 0 when it is not there, or null: embeddings have no output. */
static bool read_figure(struct reconcile *r, const struct doc_at *at,
	enum reconcile_figure f, uint64_t *out, struct err *e)
{
	struct doc_at v;
	*out = 0;
	if (!doc_find(at, reconcile_figure_name(f), &v) || doc_type(&v) == DOC_NULL)
		return true;
	r->told |= 1u << f;
	return doc_u64(&v, out, e) &&
	       (*out <= RECONCILE_COUNT_MAX || doc_fail(&v, e, "is more than 10^12"));
}

#define MIXED   "usage and costs in one file"
#define SEVERAL "%s holds several pages: put the pages in one array"
#define NO_DATA                                                                        \
	"has no \"data\": it must be what /v1/organization/usage/completions (or "     \
	"/embeddings) answers with group_by=model, or /v1/organization/costs"

/* {"value":0.06,"currency":"usd"}; the value is a number or, of late, a text. */
static bool read_amount(
	const struct doc_at *at, bool *is_credit, uint64_t *nanousd, struct err *e)
{
	struct doc_at v, unit;
	struct str text = STR(""), currency = STR("");
	struct err why = {0};
	if (!doc_get(at, "value", &v, e))
		return false;
	if (!doc_string(&v, &text, &why) && !doc_number(&v, &text, e))
		return false;
	if (doc_find(at, "currency", &unit) && doc_type(&unit) != DOC_NULL &&
		!doc_string(&unit, &currency, e))
		return false;
	if (reconcile_is_foreign(currency))
		return doc_fail(&unit, e, "is no dollars");
	return reconcile_amount(text, is_credit, nanousd) ||
	       doc_fail(&v, e, "must be dollars, up to ten million");
}

static bool read_cost(
	struct reconcile *r, uint64_t day, const struct doc_at *at, struct err *e)
{
	bool is_credit = false;
	uint64_t nanousd = 0;
	if (!reconcile_holds(r, RECONCILE_COSTS))
		return doc_fail(at, e, MIXED);
	return read_amount(at, &is_credit, &nanousd, e) &&
	       reconcile_cost(r, day, is_credit, nanousd, e);
}

static bool read_result(
	struct reconcile *r, uint64_t day, const struct doc_at *at, struct err *e)
{
	struct doc_at v;
	struct str model;
	struct err why = {0};
	struct totals t = {0};
	if (doc_find(at, "amount", &v))
		return read_cost(r, day, &v, e);
	if (!reconcile_holds(r, RECONCILE_USAGE))
		return doc_fail(at, e, MIXED);
	if (!doc_get(at, "model", &v, e))
		return false;
	if (!doc_string(&v, &model, &why))
		return doc_fail(&v, e, "must be a name: export it grouped by model");
	return read_figure(r, at, RECONCILE_REQUESTS, &t.requests, e) &&
	       read_figure(r, at, RECONCILE_PROMPT, &t.prompt_tokens, e) &&
	       read_figure(r, at, RECONCILE_CACHED, &t.cached_tokens, e) &&
	       read_figure(r, at, RECONCILE_COMPLETION, &t.completion_tokens, e) &&
	       reconcile_theirs(r, day, model, &t, e);
}

/* Anything else would look like one that is empty: a day without usage. */
static bool get_array(
	const struct doc_at *at, const char *key, struct doc_at *out, struct err *e)
{
	return doc_get(at, key, out, e) &&
	       (doc_type(out) == DOC_ARRAY || doc_fail(out, e, "must be an array"));
}

static bool read_bucket(struct reconcile *r, const struct doc_at *at, struct err *e)
{
	struct doc_at start, results, one;
	uint64_t seconds;
	if (!doc_get(at, "start_time", &start, e) || !doc_u64(&start, &seconds, e) ||
		!get_array(at, "results", &results, e))
		return false;
	uint64_t day = seconds / RECONCILE_DAY_S;
	if (day > RECONCILE_DAY_LAST)
		return doc_fail(&start, e, "must be seconds since 1970");
	reconcile_cover(r, day);
	for (bool on = doc_first(&results, &one); on; on = doc_next(&one))
		if (!read_result(r, day, &one, e))
			return false;
	return true;
}

static bool read_page(
	struct reconcile *r, const struct doc_at *at, bool *has_more, struct err *e)
{
	struct doc_at data, bucket, more;
	struct err why = {0};
	*has_more = false;
	if (!doc_find(at, "data", &data))
		return doc_fail(at, e, NO_DATA);
	if (doc_find(at, "has_more", &more))
		(void)!doc_bool(&more, has_more, &why);
	if (!get_array(at, "data", &data, e))
		return false;
	for (bool on = doc_first(&data, &bucket); on; on = doc_next(&bucket))
		if (!read_bucket(r, &bucket, e))
			return false;
	return true;
}

/* A page, or an array of all of them: what is on none would look as if it were ours alone. */
static bool read_pages(struct reconcile *r, const struct doc_at *root, struct err *e)
{
	struct doc_at page;
	bool has_more = false, is_list = doc_type(root) == DOC_ARRAY;
	if (!is_list && !read_page(r, root, &has_more, e))
		return false;
	for (bool on = is_list && doc_first(root, &page); on; on = doc_next(&page))
		if (!read_page(r, &page, &has_more, e))
			return false;
	return !has_more || doc_fail(root, e,
				    "has_more: ask for a larger limit, or give all "
				    "pages in one array");
}

/* Do several values follow each other? */
static bool is_lines(struct str text)
{
	struct scan s;
	struct scan_token t;
	enum scan_type type = SCAN_NULL;
	scan_init(&s, text, DOC_MAX_DEPTH);
	while (type != SCAN_END && type != SCAN_ERROR)
		type = scan_next(&s, &t);
	return s.error == SCAN_ERROR_TRAILING && text.p[s.at] == *text.p;
}

static bool read_json(
	struct reconcile *r, struct str text, const char *name, struct err *e)
{
	if (is_lines(text))
		return err_set(e, SEVERAL, name);
	struct doc *d = doc_parse(text, name, e);
	if (d == NULL)
		return false;
	struct doc_at root = doc_root(d);
	bool ok = read_pages(r, &root, e);
	doc_free(d);
	return ok;
}

/* ---- either ------------------------------------------------------------------------------ */

bool reconcile_read(
	struct reconcile *r, struct str text, const char *name, struct err *e)
{
	static const char bom[] = "\xef\xbb\xbf";
	if (text.n >= 3 && memcmp(text.p, bom, 3) == 0)
		text.p += 3, text.n -= 3;
	while (text.n > 0 && (uint8_t)*text.p <= ' ')
		text.p++, text.n--;
	if (text.n == 0)
		return err_set(e, "%s is empty: it must be " RECONCILE_EXPORT, name);
	bool is_json = (*text.p == '{' || *text.p == '[');
	bool ok =
		is_json ? read_json(r, text, name, e) : reconcile_csv(r, text, name, e);
	if (r->told == 0) /* days without any usage: nothing is a figure, too */
		r->told = ALL_FIGURES;
	return ok && (r->first_day <= r->last_day ||
			     err_set(e, "%s has no usage in it", name));
}

/* ---- ours, and both ------------------------------------------------------------------------- */

void reconcile_add(struct reconcile *r, const struct row *row)
{
	uint64_t day = row->sent_ms / DAY_MS;
	const char *model = row->model_served[0] ? row->model_served : row->model;
	bool is_unknown = row->outcome == OUTCOME_UNKNOWN;
	bool is_estimate = row->outcome == OUTCOME_SETTLED_ESTIMATE;
	if (day < r->first_day || day > r->last_day || !row_spends(row))
		return;
	r->n_free += row->outcome == OUTCOME_RELEASED && row_has_reached(row);
	if (row->outcome != OUTCOME_SETTLED_USAGE && !is_estimate && !is_unknown)
		return;
	r->n_unpriced += (row->flags & ROW_UNPRICED) != 0;
	struct totals usage = {.requests = 1,
		.estimated = is_estimate,
		.prompt_tokens = row->prompt_tokens,
		.cached_tokens = row->cached_tokens,
		.completion_tokens = row->completion_tokens};
	struct totals cost = {
		.cost_nanousd = row->cost_nanousd, .estimated = is_estimate};
	bool is_cost = r->kind == RECONCILE_COSTS;
	const struct totals *t = is_cost ? &cost : &usage;
	struct str of = is_cost ? STR("") : (struct str){model, strlen(model)};
	reconcile_sum(r->ours, day, of, t);
	if (!is_cost)
		reconcile_learn(r, row);
	if (!is_unknown)
		return;
	cost.requests = 1; /* how many there are */
	reconcile_sum(r->unknown, day, of, t);
}

void reconcile_keep_from(struct reconcile *r, uint64_t wall_ms)
{
	r->first_kept_day = wall_ms / DAY_MS + (wall_ms % DAY_MS != 0);
}

static int64_t signed_cost(const struct group *x)
{
	return x == NULL ? 0 : (int64_t)MIN(x->totals.cost_nanousd, INT64_MAX);
}

static struct reconcile_sums sums_of(const struct groups *g, struct str key)
{
	const struct group *x = groups_find(g, key);
	if (x == NULL)
		return (struct reconcile_sums){0};
	const struct totals *t = &x->totals;
	return (struct reconcile_sums){t->requests, t->prompt_tokens, t->cached_tokens,
		t->completion_tokens, signed_cost(x)};
}

static uint64_t distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static int64_t figure_of(const struct reconcile_sums *s, enum reconcile_figure f)
{
	const int64_t of[RECONCILE_FIGURES] = {
		[RECONCILE_REQUESTS] = (int64_t)s->requests,
		[RECONCILE_PROMPT] = (int64_t)s->prompt_tokens,
		[RECONCILE_CACHED] = (int64_t)s->cached_tokens,
		[RECONCILE_COMPLETION] = (int64_t)s->completion_tokens,
		[RECONCILE_COST] = s->cost_nanousd};
	return of[f];
}

/* Ours counts what is unknown at its upper end, and none of it as cached, where all of the
 * prompt may have been; nothing of it may have been billed. */
static enum reconcile_verdict judge_figure(const struct reconcile_line *l,
	const struct reconcile_sums *unknown, enum reconcile_figure f)
{
	int64_t slack = f == RECONCILE_COST ? (int64_t)CENT_NANOUSD - 1 : 0;
	int64_t ours = figure_of(&l->ours, f), theirs = figure_of(&l->theirs, f);
	int64_t high = ours;
	if (f == RECONCILE_CACHED)
		high += figure_of(unknown, RECONCILE_PROMPT) - figure_of(unknown, f);
	int64_t low = ours - figure_of(unknown, f);
	if (distance(ours, theirs) <= (uint64_t)slack)
		return RECONCILE_AGREES;
	return theirs >= low - slack && theirs <= high + slack ? RECONCILE_WITHIN
							       : RECONCILE_DIFFERS;
}

static enum reconcile_verdict judge(const struct reconcile *r,
	const struct reconcile_line *l, const struct reconcile_sums *unknown)
{
	enum reconcile_verdict worst = RECONCILE_AGREES;
	if (l->day < r->first_kept_day)
		return RECONCILE_PRUNED;
	for (unsigned f = 0; f < RECONCILE_FIGURES; f++)
		if ((r->told & 1u << f) != 0)
			worst = MAX(worst,
				judge_figure(l, unknown, (enum reconcile_figure)f));
	return worst;
}

static void make_line(
	const struct reconcile *r, const struct group *x, struct reconcile_line *l)
{
	struct str key = {x->name, x->n_name};
	struct reconcile_sums unknown = sums_of(r->unknown, key);
	*l = (struct reconcile_line){.day = reconcile_day_of_key(x->name),
		.ours = sums_of(r->ours, key),
		.theirs = sums_of(r->theirs, key)};
	const struct group *u = groups_find(r->unknown, key);
	l->unknown = u != NULL ? u->totals.requests : 0;
	l->unknown_nanousd = u != NULL ? u->totals.cost_nanousd : 0;
	const struct group *ours = groups_find(r->ours, key);
	l->estimated = ours != NULL ? ours->totals.estimated : 0;
	l->theirs.cost_nanousd -= signed_cost(groups_find(r->credits, key));
	snprintf(l->model, sizeof l->model, "%s", x->name + RECONCILE_DAY_CHARS);
	l->verdict = judge(r, l, &unknown);
}

static int by_day(const void *pa, const void *pb)
{
	const struct reconcile_line *a = pa, *b = pb;
	int days = (a->day > b->day) - (a->day < b->day);
	return days != 0 ? days : strcmp(a->model, b->model);
}

struct reconcile_line *reconcile_compare(struct reconcile *r, uint32_t *n)
{
	reconcile_fold(r);
	uint32_t most = groups_count(r->theirs) + groups_count(r->ours);
	struct reconcile_line *l = calloc(most + 1, sizeof *l);
	must(l != NULL);
	*n = 0;
	for (uint32_t i = 0; i < groups_count(r->theirs); i++)
		make_line(r, groups_at(r->theirs, i), &l[(*n)++]);
	for (uint32_t i = 0; i < groups_count(r->ours); i++) {
		const struct group *x = groups_at(r->ours, i);
		if (groups_find(r->theirs, (struct str){x->name, x->n_name}) == NULL)
			make_line(r, x, &l[(*n)++]);
	}
	qsort(l, *n, sizeof *l, by_day);
	return l;
}

uint32_t reconcile_untold(
	const struct reconcile *r, const struct reconcile_line *l, uint32_t n)
{
	uint32_t untold = 0;
	for (uint32_t i = 0; i < n; i++)
		for (unsigned f = 0; f < RECONCILE_FIGURES; f++)
			if (figure_of(&l[i].ours, (enum reconcile_figure)f) != 0)
				untold |= 1u << f & ~r->told;
	return untold;
}

const char *reconcile_figure_name(enum reconcile_figure f)
{
	static const char *const names[RECONCILE_FIGURES] = {
		[RECONCILE_REQUESTS] = "num_model_requests",
		[RECONCILE_PROMPT] = "input_tokens",
		[RECONCILE_CACHED] = "input_cached_tokens",
		[RECONCILE_COMPLETION] = "output_tokens",
		[RECONCILE_COST] = "amount"};
	return names[f];
}

/* Two sums by day and model, side by side. */
#include "insight/reconcile.h"

#include "base/num.h"
#include "text/doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS UINT64_C(86400000)

enum { DAY_S = 86400, FIELDS = 64, FIELD_BYTES = 256, DATE_CHARS = 10, DAY_CHARS = 7 };

void reconcile_init(struct reconcile *r)
{
	*r = (struct reconcile){
		.theirs = groups_new(), .ours = groups_new(), .first_day = UINT64_MAX};
}

void reconcile_fini(struct reconcile *r)
{
	groups_free(r->theirs);
	groups_free(r->ours);
}

/* ---- days and models ------------------------------------------------------------------ */

static bool is_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

/* "YYYY-MM-DD" at p. */
static bool is_date(const char *p)
{
	return is_digits(p, 4) && p[4] == '-' && is_digits(p + 5, 2) && p[7] == '-' &&
	       is_digits(p + 8, 2);
}

static uint64_t number(const char *p, size_t n)
{
	uint64_t v = 0;
	(void)!num_parse_u64((struct str){p, n}, &v);
	return v;
}

/* After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static uint64_t day_of_date(const char *p)
{
	uint64_t year = number(p, 4), month = number(p + 5, 2), day = number(p + 8, 2);
	year -= month <= 2;
	uint64_t of_year =
		(153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	uint64_t era = year / 400, of_era = year % 400;
	uint64_t days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
	return num_sub_sat(era * 146097 + days, 719468);
}

/* Seconds since 1970, or a date with anything behind it. */
static bool read_day(struct str s, uint64_t *day)
{
	uint64_t seconds;
	if (num_parse_u64(s, &seconds)) {
		*day = seconds / DAY_S;
		return true;
	}
	if (s.n < DATE_CHARS || !is_date(s.p))
		return false;
	*day = day_of_date(s.p);
	return true;
}

/* Without its date. */
static struct str plain_model(struct str name)
{
	size_t n = name.n > DATE_CHARS ? name.n - DATE_CHARS - 1 : 0;
	if (n > 0 && name.p[n] == '-' && is_date(name.p + n + 1))
		name.n = n;
	return name;
}

static void add(
	struct groups *g, uint64_t day, struct str model, const struct totals *t)
{
	char key[KEY_NAME_BYTES];
	model = plain_model(model);
	int n = snprintf(key, sizeof key, "%06llu %.*s", (unsigned long long)day,
		(int)MIN(model.n, (size_t)RECONCILE_MODEL_BYTES - 1), model.p);
	groups_add(g, (struct str){key, MIN((size_t)n, sizeof key - 1)}, t);
}

static bool add_theirs(struct reconcile *r, uint64_t day, struct str model,
	const struct totals *t, struct err *e)
{
	struct totals beyond;
	uint32_t n;
	add(r->theirs, day, model, t);
	r->first_day = MIN(r->first_day, day);
	r->last_day = MAX(r->last_day, day);
	return groups_count(r->theirs) < RECONCILE_LINES ||
	       !groups_other(r->theirs, &n, &beyond) ||
	       err_set(e, "more than %d days and models", RECONCILE_LINES);
}

/* ---- JSON ------------------------------------------------------------------------------- */

static uint64_t count_of(const struct doc_at *at, const char *key)
{
	struct doc_at v;
	struct err e = {0};
	uint64_t n = 0;
	if (doc_find(at, key, &v))
		(void)!doc_u64(&v, &n, &e);
	return n;
}

static bool read_result(
	struct reconcile *r, uint64_t day, const struct doc_at *at, struct err *e)
{
	struct doc_at v;
	struct str model;
	struct err why = {0};
	if (!doc_get(at, "model", &v, e))
		return false;
	if (!doc_string(&v, &model, &why))
		return doc_fail(&v, e, "must be a name: export it grouped by model");
	struct totals t = {.requests = count_of(at, "num_model_requests"),
		.prompt_tokens = count_of(at, "input_tokens"),
		.cached_tokens = count_of(at, "input_cached_tokens"),
		.completion_tokens = count_of(at, "output_tokens")};
	return add_theirs(r, day, model, &t, e);
}

static bool read_bucket(struct reconcile *r, const struct doc_at *at, struct err *e)
{
	struct doc_at start, results, one;
	uint64_t seconds;
	if (!doc_get(at, "start_time", &start, e) || !doc_u64(&start, &seconds, e) ||
		!doc_get(at, "results", &results, e))
		return false;
	for (bool on = doc_first(&results, &one); on; on = doc_next(&one))
		if (!read_result(r, seconds / DAY_S, &one, e))
			return false;
	return true;
}

static bool read_json(
	struct reconcile *r, struct str text, const char *name, struct err *e)
{
	struct doc *d = doc_parse(text, name, e);
	if (d == NULL)
		return false;
	struct doc_at root = doc_root(d), data, bucket;
	bool ok = doc_get(&root, "data", &data, e);
	for (bool on = ok && doc_first(&data, &bucket); ok && on;
		on = doc_next(&bucket))
		ok = read_bucket(r, &bucket, e);
	doc_free(d);
	return ok;
}

/* ---- CSV ---------------------------------------------------------------------------------- */

enum column {
	COLUMN_DAY,
	COLUMN_MODEL,
	COLUMN_PROMPT,
	COLUMN_OUTPUT,
	COLUMN_CACHED,
	COLUMN_REQUESTS,
	COLUMNS
};

/* The first of these that the head has. */
static const char *const column_names[COLUMNS][6] = {
	{"start_time_iso", "start_time", "date", "day", "timestamp"},
	{"model"},
	{"input_tokens", "prompt_tokens"},
	{"output_tokens", "completion_tokens"},
	{"input_cached_tokens", "cached_tokens"},
	{"num_model_requests", "requests", "request_count"},
};

struct csv {
	struct str rest;
	uint32_t line, n;
	char field[FIELDS][FIELD_BYTES];
	int column[COLUMNS]; /* which field; -1 = not there */
};

/* One field up to its comma or line end; doubled quotes are one. True = another follows. */
static bool next_field(struct csv *c)
{
	char *out = c->field[c->n < FIELDS ? c->n : FIELDS - 1];
	size_t n = 0;
	bool quoted = c->rest.n > 0 && *c->rest.p == '"';
	size_t i = quoted;
	for (; i < c->rest.n; i++) {
		char ch = c->rest.p[i];
		if (quoted && ch == '"') {
			quoted = i + 1 < c->rest.n && c->rest.p[i + 1] == '"';
			i += quoted;
			if (!quoted)
				continue;
		} else if (!quoted && (ch == ',' || ch == '\n' || ch == '\r')) {
			break;
		}
		if (n + 1 < FIELD_BYTES)
			out[n++] = ch;
	}
	out[n] = '\0';
	c->n += c->n < FIELDS;
	bool more = i < c->rest.n && c->rest.p[i] == ',';
	i += more;
	c->rest.p += i, c->rest.n -= i;
	return more;
}

static bool next_line(struct csv *c)
{
	while (c->rest.n > 0 && (*c->rest.p == '\n' || *c->rest.p == '\r'))
		c->rest.p++, c->rest.n--;
	c->n = 0;
	c->line++;
	if (c->rest.n == 0)
		return false;
	while (next_field(c))
		;
	return true;
}

static int find_column(const struct csv *c, const char *const names[static 6])
{
	for (size_t k = 0; k < 6 && names[k] != NULL; k++)
		for (uint32_t i = 0; i < c->n; i++)
			if (strcmp(c->field[i], names[k]) == 0)
				return (int)i;
	return -1;
}

static bool read_head(struct csv *c, const char *name, struct err *e)
{
	(void)next_line(c);
	for (unsigned k = 0; k < COLUMNS; k++) {
		c->column[k] = find_column(c, column_names[k]);
		if (k <= COLUMN_OUTPUT && c->column[k] < 0)
			return err_set(e, "%s:1: there is no column %s", name,
				column_names[k][0]);
	}
	return true;
}

static struct str field(const struct csv *c, enum column k)
{
	int i = c->column[k];
	const char *text = i >= 0 && (uint32_t)i < c->n ? c->field[i] : "";
	return (struct str){text, strlen(text)};
}

static bool read_count(const struct csv *c, enum column k, const char *name,
	uint64_t *out, struct err *e)
{
	struct str s = field(c, k);
	*out = 0;
	return s.n == 0 || num_parse_u64(s, out) ||
	       err_set(e, "%s:%u: %s is no whole number: " STR_FMT, name, c->line,
		       column_names[k][0], STR_ARG(s));
}

static bool read_line(
	struct reconcile *r, const struct csv *c, const char *name, struct err *e)
{
	uint64_t day;
	struct totals t = {0};
	struct str model = field(c, COLUMN_MODEL);
	if (!read_day(field(c, COLUMN_DAY), &day))
		return err_set(e, "%s:%u: %s is neither seconds nor YYYY-MM-DD", name,
			c->line, c->field[c->column[COLUMN_DAY]]);
	if (!read_count(c, COLUMN_PROMPT, name, &t.prompt_tokens, e) ||
		!read_count(c, COLUMN_OUTPUT, name, &t.completion_tokens, e) ||
		!read_count(c, COLUMN_CACHED, name, &t.cached_tokens, e) ||
		!read_count(c, COLUMN_REQUESTS, name, &t.requests, e))
		return false;
	if (model.n == 0) /* a day without usage */
		return t.prompt_tokens == 0 && t.completion_tokens == 0
			       ? true
			       : err_set(e,
					 "%s:%u: names no model: export it grouped "
					 "by model",
					 name, c->line);
	return add_theirs(r, day, model, &t, e);
}

static bool read_csv(
	struct reconcile *r, struct str text, const char *name, struct err *e)
{
	struct csv *c = calloc(1, sizeof *c);
	must(c != NULL);
	c->rest = text;
	bool ok = read_head(c, name, e);
	while (ok && next_line(c))
		ok = read_line(r, c, name, e);
	free(c);
	return ok;
}

bool reconcile_read(
	struct reconcile *r, struct str text, const char *name, struct err *e)
{
	static const char bom[] = "\xef\xbb\xbf";
	if (text.n >= 3 && memcmp(text.p, bom, 3) == 0)
		text.p += 3, text.n -= 3;
	while (text.n > 0 && (uint8_t)*text.p <= ' ')
		text.p++, text.n--;
	bool ok = text.n > 0 && *text.p == '{' ? read_json(r, text, name, e)
					       : read_csv(r, text, name, e);
	return ok && (r->first_day <= r->last_day ||
			     err_set(e, "%s has no usage in it", name));
}

/* ---- ours, and both ------------------------------------------------------------------------- */

void reconcile_add(struct reconcile *r, const struct row *row)
{
	uint64_t day = row->sent_ms / DAY_MS;
	const char *model = row->model_served[0] ? row->model_served : row->model;
	bool is_unknown = row->outcome == OUTCOME_UNKNOWN;
	if (day < r->first_day || day > r->last_day ||
		(row->outcome != OUTCOME_SETTLED_USAGE &&
			row->outcome != OUTCOME_SETTLED_ESTIMATE && !is_unknown))
		return;
	struct totals t = {.requests = 1,
		.prompt_tokens = row->prompt_tokens,
		.cached_tokens = row->cached_tokens,
		.completion_tokens = row->completion_tokens,
		.unknown_requests = is_unknown};
	add(r->ours, day, (struct str){model, strlen(model)}, &t);
}

static struct reconcile_sums sums_of(const struct groups *g, struct str key)
{
	const struct group *x = groups_find(g, key);
	if (x == NULL)
		return (struct reconcile_sums){0};
	const struct totals *t = &x->totals;
	return (struct reconcile_sums){
		t->requests, t->prompt_tokens, t->cached_tokens, t->completion_tokens};
}

static void make_line(
	const struct reconcile *r, const struct group *x, struct reconcile_line *l)
{
	struct str key = {x->name, x->n_name};
	const struct group *ours = groups_find(r->ours, key);
	*l = (struct reconcile_line){.day = number(x->name, DAY_CHARS - 1),
		.ours = sums_of(r->ours, key),
		.theirs = sums_of(r->theirs, key),
		.unknown = ours != NULL ? ours->totals.unknown_requests : 0};
	snprintf(l->model, sizeof l->model, "%s", x->name + DAY_CHARS);
}

static int by_day(const void *pa, const void *pb)
{
	const struct reconcile_line *a = pa, *b = pb;
	int days = (a->day > b->day) - (a->day < b->day);
	return days != 0 ? days : strcmp(a->model, b->model);
}

struct reconcile_line *reconcile_compare(const struct reconcile *r, uint32_t *n)
{
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

bool reconcile_differs(const struct reconcile_line *l)
{
	return memcmp(&l->ours, &l->theirs, sizeof l->ours) != 0;
}

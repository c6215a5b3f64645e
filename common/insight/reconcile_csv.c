/* The provider's usage as CSV. */
#include "insight/reconcile_parts.h"

#include "base/num.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 64, FIELD_BYTES = 256, NAMES = 5, NAMES_BYTES = 128 };

enum column {
	COLUMN_DAY,
	COLUMN_MODEL,
	COLUMN_PROMPT,
	COLUMN_OUTPUT,
	COLUMN_CACHED,
	COLUMN_REQUESTS,
	COLUMN_AMOUNT,
	COLUMN_CURRENCY,
	COLUMNS
};

/* The first of these that the head has. */
static const char *const column_names[COLUMNS][NAMES] = {
	{"start_time_iso", "start_time", "date", "day", "timestamp"},
	{"model"},
	{"input_tokens", "prompt_tokens"},
	{"output_tokens", "completion_tokens"},
	{"input_cached_tokens", "cached_tokens"},
	{"num_model_requests", "requests", "request_count"},
	{"amount_value", "amount"},
	{"amount_currency", "currency"},
};

struct csv {
	struct str rest;
	uint32_t line, n, n_head;
	bool is_open; /* a quote that nothing closes */
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
	c->is_open = c->is_open || quoted;
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

static int find_column(const struct csv *c, const char *const names[static NAMES])
{
	for (size_t k = 0; k < NAMES && names[k] != NULL; k++)
		for (uint32_t i = 0; i < c->n; i++)
			if (strcmp(c->field[i], names[k]) == 0)
				return (int)i;
	return -1;
}

/* "input_tokens or prompt_tokens". */
static void list_names(enum column k, char out[static NAMES_BYTES])
{
	const char *const *names = column_names[k];
	size_t n = 0;
	for (size_t i = 0; i < NAMES && names[i] != NULL; i++) {
		bool is_last = i + 1 == NAMES || names[i + 1] == NULL;
		const char *before = i == 0 ? "" : is_last ? " or " : ", ";
		n += (size_t)snprintf(
			out + n, NAMES_BYTES - n, "%s%s", before, names[i]);
		must(n < NAMES_BYTES);
	}
}

static bool has(const struct csv *c, enum column k, const char *name, struct err *e)
{
	char names[NAMES_BYTES];
	if (c->column[k] >= 0)
		return true;
	list_names(k, names);
	return err_set(e, "%s:1: there is no column %s: it must be " RECONCILE_EXPORT,
		name, names);
}

static bool read_head(
	struct csv *c, struct reconcile *r, const char *name, struct err *e)
{
	static const struct {
		enum column column;
		enum reconcile_figure figure;
	} figures[] = {{COLUMN_PROMPT, RECONCILE_PROMPT},
		{COLUMN_OUTPUT, RECONCILE_COMPLETION},
		{COLUMN_CACHED, RECONCILE_CACHED},
		{COLUMN_REQUESTS, RECONCILE_REQUESTS}, {COLUMN_AMOUNT, RECONCILE_COST}};
	(void)next_line(c);
	c->n_head = c->n;
	for (unsigned k = 0; k < COLUMNS; k++)
		c->column[k] = find_column(c, column_names[k]);
	r->kind = c->column[COLUMN_AMOUNT] >= 0 ? RECONCILE_COSTS : RECONCILE_USAGE;
	for (size_t i = 0; i < N_ELEMENTS(figures); i++)
		if (c->column[figures[i].column] >= 0)
			r->told |= 1u << figures[i].figure;
	return has(c, COLUMN_DAY, name, e) &&
	       (r->kind == RECONCILE_COSTS || (has(c, COLUMN_MODEL, name, e) &&
						      has(c, COLUMN_PROMPT, name, e)));
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
	if (s.n == 0 || (num_parse_u64(s, out) && *out <= RECONCILE_COUNT_MAX))
		return true;
	return err_set(e, "%s:%u: %s is no whole number up to 10^12: " STR_FMT, name,
		c->line, column_names[k][0], STR_ARG(s));
}

static bool read_cost(struct reconcile *r, uint64_t day, const struct csv *c,
	const char *name, struct err *e)
{
	bool is_credit = false;
	uint64_t nanousd = 0;
	struct str amount = field(c, COLUMN_AMOUNT);
	struct str currency = field(c, COLUMN_CURRENCY);
	if (reconcile_is_foreign(currency))
		return err_set(e, "%s:%u: " STR_FMT " is no dollars", name, c->line,
			STR_ARG(currency));
	if (amount.n > 0 && !reconcile_amount(amount, &is_credit, &nanousd))
		return err_set(e, "%s:%u: no dollars up to ten million: " STR_FMT, name,
			c->line, STR_ARG(amount));
	return reconcile_cost(r, day, is_credit, nanousd, e);
}

static bool read_usage(struct reconcile *r, uint64_t day, const struct csv *c,
	const char *name, struct err *e)
{
	struct totals t = {0};
	struct str model = field(c, COLUMN_MODEL);
	if (!read_count(c, COLUMN_PROMPT, name, &t.prompt_tokens, e) ||
		!read_count(c, COLUMN_OUTPUT, name, &t.completion_tokens, e) ||
		!read_count(c, COLUMN_CACHED, name, &t.cached_tokens, e) ||
		!read_count(c, COLUMN_REQUESTS, name, &t.requests, e))
		return false;
	if (model.n > 0)
		return reconcile_theirs(r, day, model, &t, e);
	return (t.prompt_tokens == 0 && t.completion_tokens == 0) || /* an empty day */
	       err_set(e, "%s:%u: names no model: export it grouped by model", name,
		       c->line);
}

static bool read_line(
	struct reconcile *r, const struct csv *c, const char *name, struct err *e)
{
	uint64_t day;
	if (c->is_open)
		return err_set(e, "%s:%u: a quote is not closed", name, c->line);
	if (c->n != c->n_head)
		return err_set(e, "%s:%u: has %u fields, the head has %u", name,
			c->line, c->n, c->n_head);
	if (!reconcile_day(field(c, COLUMN_DAY), &day))
		return err_set(e,
			"%s:%u: %s is neither seconds nor YYYY-MM-DD, with or without "
			"a time and a zone",
			name, c->line, c->field[c->column[COLUMN_DAY]]);
	reconcile_cover(r, day);
	return r->kind == RECONCILE_COSTS ? read_cost(r, day, c, name, e)
					  : read_usage(r, day, c, name, e);
}

bool reconcile_csv(
	struct reconcile *r, struct str text, const char *name, struct err *e)
{
	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
		return err_set(e, "%s has a NUL in it: save it as UTF-8", name);
	struct csv *c = calloc(1, sizeof *c);
	must(c != NULL);
	c->rest = text;
	bool ok = read_head(c, r, name, e);
	while (ok && next_line(c))
		ok = read_line(r, c, name, e);
	free(c);
	return ok;
}

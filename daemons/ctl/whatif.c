/*
 * atlasctl whatif: the requests of the last hours once more, in virtual time, by the limits
 * of now and by those that are asked about; and what they would have cost by other prices.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "base/num.h"
#include "conf/models.h"
#include "ctl/names.h"
#include "ctl/reading.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "ctl/whatif_cost.h"
#include "ctl/whatif_tell.h"
#include "store/range.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REQUESTS_MAX = 1000000, CHOICES = CTL_ARGS_MAX / 2 };

/* A request as it was, and as is asked. */
struct pair {
	uint8_t id[EXCHANGE_ID_BYTES];
	struct whatif_request was, is;
	bool is_unsent; /* it was never sent, and may have cost so much at most: */
	uint64_t was_high_nanousd, is_high_nanousd; /* 0 = nobody knows */
};

/* A client's other priority. */
struct choice {
	struct str client;
	uint32_t class, n_requests;
};

struct question {
	uint64_t from_ms;
	struct whatif_record record;
	struct whatif_rules now, then;
	const char *prices; /* a file, or NULL */
	struct models *models;
	struct whatif_cost cost;
	struct choice choice[CHOICES];
	uint32_t n_choices;
	const struct names *names;
	uint32_t room;
	struct pair *pair; /* [record.n] */
};

/* ---- the question ------------------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t offset;
	uint64_t least;
} numbers[] = {
	{"--requests-per-minute", offsetof(struct whatif_rules, requests_per_minute),
		0},
	{"--requests-per-hour", offsetof(struct whatif_rules, requests_per_hour), 0},
	{"--tokens-per-minute", offsetof(struct whatif_rules, tokens_per_minute), 0},
	{"--tokens-per-hour", offsetof(struct whatif_rules, tokens_per_hour), 0},
	{"--concurrent", offsetof(struct whatif_rules, max_concurrent), 1},
};

static bool read_number(const char *text, uint64_t *out)
{
	return num_parse_u64((struct str){text, strlen(text)}, out);
}

static struct choice *find_choice(struct question *q, const char *name)
{
	for (uint32_t i = 0; name != NULL && i < q->n_choices; i++) {
		struct str c = q->choice[i].client;
		if (c.n == strlen(name) && memcmp(c.p, name, c.n) == 0)
			return &q->choice[i];
	}
	return NULL;
}

/* "NAME=high", for each client once. What is wrong with it, NULL = nothing. */
static const char *read_priority(struct question *q, const char *text)
{
	enum exchange_priority p;
	char name[CLIENT_NAME_BYTES];
	const char *equals = strrchr(text, '=');
	size_t n = equals != NULL ? (size_t)(equals - text) : 0;
	if (n == 0 || n >= sizeof name ||
		!exchange_priority_parse(
			(struct str){equals + 1, strlen(equals + 1)}, &p))
		return "must be CLIENT=LEVEL, with low, normal, high or urgent";
	snprintf(name, sizeof name, "%.*s", (int)n, text);
	if (find_choice(q, name) != NULL)
		return "its client has a priority already";
	q->choice[q->n_choices++] = (struct choice){.client = {text, n}, .class = p};
	return NULL;
}

/* What is wrong with it, NULL = nothing. */
static const char *read_option(struct question *q, const char *name, const char *value)
{
	uint64_t v;
	if (strcmp(name, "--priority") == 0)
		return read_priority(q, value);
	for (size_t i = 0; i < N_ELEMENTS(numbers); i++) {
		if (strcmp(name, numbers[i].name) != 0)
			continue;
		if (!read_number(value, &v) || v < numbers[i].least)
			return numbers[i].least > 0
				       ? "must be a whole number from 1 on"
				       : "must be a whole number; 0 = no limit";
		memcpy((char *)&q->then + numbers[i].offset, &v, sizeof v);
		return NULL;
	}
	q->prices = value; /* --prices */
	return NULL;
}

static enum ctl_exit read_question(const struct ctl *c, struct question *q)
{
	for (int i = 0; i + 1 < c->n_args; i += 2) {
		const char *name = c->arg[i], *value = c->arg[i + 1];
		if (strcmp(name, "--hours") == 0) {
			if (!reading_hours(c, value, &q->record.hours))
				return CTL_USAGE;
			continue;
		}
		const char *wrong = read_option(q, name, value);
		if (wrong != NULL)
			return ctl_fail(c, CTL_USAGE, "%s: %s: %s", name, value, wrong);
	}
	return CTL_DONE;
}

/* Those in force; where nothing runs, those of the configuration. */
static void read_rules(const struct ctl *c, struct whatif_rules *out)
{
	struct segment segment;
	struct settings s;
	struct err e = {0};
	bool is_known = false;
	if (segment_open(&segment, c->segment, &e)) {
		is_known = page_read(segment.settings, &s, sizeof s) != 0;
		segment_close(&segment);
	}
	if (!is_known && !settings_salvage(&s, c->config_path, environ))
		settings_defaults(&s);
	*out = (struct whatif_rules){.requests_per_minute = s.requests_per_minute,
		.requests_per_hour = s.requests_per_hour,
		.tokens_per_minute = s.tokens_per_minute,
		.tokens_per_hour = s.tokens_per_hour,
		.burst_ns = s.limits_burst_ns,
		.max_concurrent = s.max_concurrent,
		.max_wait_ms = s.queue_max_wait_ns / NS_PER_MS,
		.ageing = s.queue_ageing,
		.max_size = (uint32_t)s.queue_max_size};
}

/* ---- the record ----------------------------------------------------------------------------- */

static void make_room(struct question *q)
{
	if (q->record.n < q->room)
		return;
	q->room = q->room == 0 ? 1024 : 2 * q->room;
	q->pair = realloc(q->pair, q->room * sizeof *q->pair);
	must(q->pair != NULL);
}

static void note_row(struct whatif_record *record, const struct row *r)
{
	record->first_ms =
		record->first_ms == 0 ? r->sent_ms : MIN(record->first_ms, r->sent_ms);
	record->n_unsent += row_is_unsent(r) && r->retries == 0;
	if (row_tells_wait(r))
		histo_add(&record->waited, r->queue_ns / NS_PER_MS);
}

/* A request's last attempt: when it came, and what all of them came to. */
static void add_pair(struct question *q, const struct row *r)
{
	struct whatif_record *record = &q->record;
	make_room(q);
	struct pair *pair = &q->pair[record->n++];
	struct whatif_request was = {.at_ms = r->queued_ms,
		.runs_ns = r->duration_ns,
		.reserved = r->estimated_tokens,
		.tokens = num_add_sat(r->prompt_tokens, r->completion_tokens),
		.client = r->client_id,
		.session = hash_fast64(r->session, strlen(r->session), 0),
		.class = r->priority};
	*pair = (struct pair){.was = was,
		.is = was,
		.is_unsent = row_is_unsent(r) && r->retries == 0,
		.was_high_nanousd = r->high_nanousd,
		.is_high_nanousd = whatif_cost_highest(&q->cost, r)};
	memcpy(pair->id, r->id, sizeof pair->id);
	whatif_cost_take(&q->cost, r, &pair->was.cost_nanousd, &pair->is.cost_nanousd);
	record->cost_nanousd =
		num_add_sat(record->cost_nanousd, pair->was.cost_nanousd);
	struct choice *other = find_choice(q, names_find(q->names, r->client_id));
	if (other != NULL) {
		pair->is.class = other->class;
		other->n_requests++;
	}
}

static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct question *q = arg;
	(void)sequence;
	if (r->sent_ms < q->from_ms || r->outcome == OUTCOME_OPEN)
		return true;
	note_row(&q->record, r);
	if ((r->flags & ROW_FINAL) == 0) {
		whatif_cost_keep(&q->cost, r);
		return true;
	}
	q->record.is_full = q->record.n == REQUESTS_MAX;
	if (!q->record.is_full)
		add_pair(q, r);
	return !q->record.is_full;
}

static enum query_verdict read_record(
	struct question *q, struct store *s, struct err *e)
{
	struct query_place at;
	enum query_verdict v = QUERY_MORE;
	struct range range;
	struct range_want want = range_last_hours(clock_wall_ms(), q->record.hours);
	range_make(&range, &want);
	struct query_summary sum;
	q->from_ms = range.from_ms;
	if (!query_summary(s, &sum, e))
		return QUERY_FAILED;
	q->record.is_pruned = sum.rows_from_ms > q->from_ms;
	if (!query_find_sent(s, q->from_ms, &at, e))
		return QUERY_FAILED;
	while (v == QUERY_MORE && !q->record.is_full)
		v = query_rows(s, &at, on_row, q, e);
	show_damaged(at.n_bad);
	return v;
}

static int by_arrival(const void *pa, const void *pb)
{
	uint64_t a = ((const struct pair *)pa)->was.at_ms;
	uint64_t b = ((const struct pair *)pb)->was.at_ms;
	return (a > b) - (a < b);
}

/* ---- both runs -------------------------------------------------------------------------------- */

static void run_one(const struct question *q, bool is_then, struct whatif_outcome *out)
{
	struct whatif_request *r = calloc(q->record.n + 1, sizeof *r);
	must(r != NULL);
	for (uint32_t i = 0; i < q->record.n; i++)
		r[i] = is_then ? q->pair[i].is : q->pair[i].was;
	whatif_run(r, q->record.n, is_then ? &q->then : &q->now, out);
	free(r);
}

static struct whatif_unsent count_unsent(
	const struct question *q, const struct whatif_outcome *o, bool is_then)
{
	struct whatif_unsent u = {0};
	for (uint32_t i = 0; i < q->record.n; i++) {
		const struct pair *p = &q->pair[i];
		if (!p->is_unsent || o->start_ms[i] == WHATIF_REFUSED_AT)
			continue;
		uint64_t high = is_then ? p->is_high_nanousd : p->was_high_nanousd;
		u.n++;
		u.high_nanousd = num_add_sat(u.high_nanousd, high);
		u.is_unbounded = u.is_unbounded || high == 0;
	}
	return u;
}

static void find_order(const struct question *q, struct whatif_answer *a)
{
	struct whatif_order *o = &a->order;
	uint32_t *ix = calloc(q->record.n + 1, sizeof *ix);
	must(ix != NULL);
	o->n_all = whatif_reordered(&a->now, &a->then, q->record.n, ix);
	o->n = MIN(o->n_all, (uint32_t)WHATIF_MOVERS);
	for (uint32_t i = 0; i < o->n; i++) {
		uint32_t at = ix[i < WHATIF_MOVERS / 2 ? i : o->n_all - o->n + i];
		const struct pair *p = &q->pair[at];
		o->mover[i] = (struct whatif_mover){.id = p->id,
			.client = names_find(q->names, p->was.client),
			.class = (enum exchange_priority)p->is.class,
			.was = a->now.place[at],
			.is = a->then.place[at]};
	}
	free(ix);
}

static void run_both(struct question *q, struct whatif_answer *a)
{
	*a = (struct whatif_answer){0};
	if (q->record.n > 0)
		qsort(q->pair, q->record.n, sizeof *q->pair, by_arrival);
	run_one(q, false, &a->now);
	run_one(q, true, &a->then);
	a->now_unsent = count_unsent(q, &a->now, false);
	a->then_unsent = count_unsent(q, &a->then, true);
	a->moved = whatif_compare(&a->now, &a->then, q->record.n);
	find_order(q, a);
	a->record = q->record;
	a->n_unpriced = q->cost.n_unpriced;
}

/* ---- the command ---------------------------------------------------------------------------------- */

static enum ctl_exit answer(const struct ctl *c, struct question *q, struct store *s)
{
	struct err e = {0};
	struct whatif_answer a;
	enum query_verdict v = read_record(q, s, &e);
	if (v == QUERY_FAILED)
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	for (uint32_t i = 0; i < q->n_choices && q->record.n > 0; i++)
		if (q->choice[i].n_requests == 0)
			return ctl_fail(c, CTL_REFUSED,
				"no request of that time is of a client named " STR_FMT,
				STR_ARG(q->choice[i].client));
	run_both(q, &a);
	if (c->is_json)
		whatif_tell(&a);
	else
		whatif_print(&a);
	whatif_fini(&a.now);
	whatif_fini(&a.then);
	return CTL_DONE;
}

static enum ctl_exit run(const struct ctl *c, struct question *q)
{
	struct err e = {0};
	struct store *s;
	if (q->prices != NULL && (q->models = models_load(q->prices, &e)) == NULL)
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	q->cost.models = q->models;
	enum ctl_exit status = target_open_ledger(c, &s);
	if (status != CTL_DONE)
		return status;
	struct names *names = names_read(s);
	q->names = names;
	status = answer(c, q, s);
	names_free(names);
	store_close(s);
	return status;
}

enum ctl_exit ctl_whatif(struct ctl *c)
{
	struct question *q = calloc(1, sizeof *q);
	must(q != NULL);
	q->record.hours = READING_HOURS;
	read_rules(c, &q->now);
	q->then = q->now;
	enum ctl_exit status = read_question(c, q);
	if (status == CTL_DONE)
		status = run(c, q);
	models_free(q->models);
	free(q->pair);
	whatif_cost_fini(&q->cost);
	free(q);
	return status;
}

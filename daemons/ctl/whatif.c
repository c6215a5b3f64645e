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
#include "ctl/whatif_order.h"
#include "insight/tell_performance.h"
#include "insight/whatif.h"
#include "store/range.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REQUESTS_MAX = 1000000, CHOICES = CTL_ARGS_MAX / 2 };

/* A request as it was, and as is asked. */
struct pair {
	uint8_t id[EXCHANGE_ID_BYTES];
	struct whatif_request was, is;
};

/* A client's other priority. */
struct choice {
	struct str client;
	uint32_t class, n_requests;
};

struct question {
	uint64_t hours, from_ms;
	uint64_t first_ms; /* of the rows of that time; 0 = there are none */
	bool is_pruned;    /* and there were more before it */
	struct whatif_rules now, then;
	const char *prices; /* a file, or NULL */
	struct models *models;
	struct whatif_cost cost;
	struct choice choice[CHOICES];
	uint32_t n_choices;
	const struct names *names;
	uint32_t n, room;
	bool is_full;
	struct pair *pair;
	struct histo waited; /* as recorded, in ms */
	uint64_t n_unsent;   /* as recorded: who waited in vain */
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

static const char *read_hours(struct question *q, const char *value)
{
	bool is_one = read_number(value, &q->hours) && q->hours >= 1 &&
		      q->hours <= READING_HOURS_MAX;
	return is_one ? NULL : "must be a whole number from 1 to 8760";
}
static_assert(READING_HOURS_MAX == 8760, "as it is told");

static const char *read_option(struct question *q, const char *name, const char *value)
{
	uint64_t v;
	if (strcmp(name, "--hours") == 0)
		return read_hours(q, value);
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
		const char *wrong = read_option(q, c->arg[i], c->arg[i + 1]);
		if (wrong != NULL)
			return ctl_fail(c, CTL_USAGE, "%s: %s: %s", c->arg[i],
				c->arg[i + 1], wrong);
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
	if (q->n < q->room)
		return;
	q->room = q->room == 0 ? 1024 : 2 * q->room;
	q->pair = realloc(q->pair, q->room * sizeof *q->pair);
	must(q->pair != NULL);
}

/* A request's last attempt: when it came, and what all of them came to. */
static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct question *q = arg;
	(void)sequence;
	if (r->sent_ms < q->from_ms || r->outcome == OUTCOME_OPEN)
		return true;
	q->first_ms = q->first_ms == 0 ? r->sent_ms : MIN(q->first_ms, r->sent_ms);
	q->n_unsent += row_is_unsent(r) && r->retries == 0;
	if (row_tells_wait(r))
		histo_add(&q->waited, r->queue_ns / NS_PER_MS);
	if ((r->flags & ROW_FINAL) == 0) {
		whatif_cost_keep(&q->cost, r);
		return true;
	}
	if (q->n == REQUESTS_MAX) {
		q->is_full = true;
		return false;
	}
	make_room(q);
	struct whatif_request was = {.at_ms = r->queued_ms,
		.runs_ns = r->duration_ns,
		.reserved = r->estimated_tokens,
		.tokens = num_add_sat(r->prompt_tokens, r->completion_tokens),
		.client = r->client_id,
		.session = hash_fast64(r->session, strlen(r->session), 0),
		.class = r->priority};
	struct whatif_request is = was;
	whatif_cost_take(&q->cost, r, &was.cost_nanousd, &is.cost_nanousd);
	struct choice *other = find_choice(q, names_find(q->names, r->client_id));
	if (other != NULL) {
		is.class = other->class;
		other->n_requests++;
	}
	struct pair *pair = &q->pair[q->n++];
	*pair = (struct pair){.was = was, .is = is};
	memcpy(pair->id, r->id, sizeof pair->id);
	return true;
}

static enum query_verdict read_record(
	struct question *q, struct store *s, struct err *e)
{
	struct query_place at;
	enum query_verdict v = QUERY_MORE;
	struct range range;
	struct range_want want = range_last_hours(clock_wall_ms(), q->hours);
	range_make(&range, &want);
	struct query_summary sum;
	q->from_ms = range.from_ms;
	if (!query_summary(s, &sum, e))
		return QUERY_FAILED;
	q->is_pruned = sum.rows_from_ms > q->from_ms;
	if (!query_find_sent(s, q->from_ms, &at, e))
		return QUERY_FAILED;
	while (v == QUERY_MORE && !q->is_full)
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

struct answer {
	struct whatif_outcome now, then;
	struct whatif_moved moved;
	struct whatif_order order;
	uint64_t cost_nanousd; /* as recorded */
};

static void run_one(const struct question *q, bool is_then, struct whatif_outcome *out)
{
	struct whatif_request *r = calloc(q->n + 1, sizeof *r);
	must(r != NULL);
	for (uint32_t i = 0; i < q->n; i++)
		r[i] = is_then ? q->pair[i].is : q->pair[i].was;
	whatif_run(r, q->n, is_then ? &q->then : &q->now, out);
	free(r);
}

static void find_order(const struct question *q, struct answer *a)
{
	struct whatif_order *o = &a->order;
	uint32_t *ix = calloc(q->n + 1, sizeof *ix);
	must(ix != NULL);
	o->n_all = whatif_reordered(&a->now, &a->then, q->n, ix);
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

static void run_both(struct question *q, struct answer *a)
{
	*a = (struct answer){0};
	if (q->n > 0)
		qsort(q->pair, q->n, sizeof *q->pair, by_arrival);
	run_one(q, false, &a->now);
	run_one(q, true, &a->then);
	a->moved = whatif_compare(&a->now, &a->then, q->n);
	find_order(q, a);
	for (uint32_t i = 0; i < q->n; i++)
		a->cost_nanousd =
			num_add_sat(a->cost_nanousd, q->pair[i].was.cost_nanousd);
}

/* ---- telling ------------------------------------------------------------------------------------ */

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
static void print_span(const struct question *q)
{
	char n[SHOW_COUNT_BYTES], first[SHOW_TIME_BYTES];
	printf("last %" PRIu64 " h: %s%s", q->hours, show_count(q->n, "request", n),
		q->is_full ? ", the first million" : "");
	if (q->first_ms != 0)
		printf(", from %s on", show_time(q->first_ms, first));
	printf("%s\n\n", q->is_pruned ? "; older rows are pruned" : "");
}

static void print_answer(const struct question *q, const struct answer *a)
{
	char was[NUM_USD_BYTES], now[NUM_USD_BYTES], then[NUM_USD_BYTES];
	num_format_usd(a->cost_nanousd, was);
	num_format_usd(a->now.cost_nanousd, now);
	num_format_usd(a->then.cost_nanousd, then);
	print_span(q);
	printf("%-22s %16s %16s %16s\n", "", "recorded", "by rules of now", "what if");
	print_row("started", q->n - q->n_unsent, a->now.started, a->then.started);
	print_row("refused", q->n_unsent, refused(&a->now), refused(&a->then));
	print_row("wait p50 ms, at most", histo_quantile(&q->waited, 500),
		histo_quantile(&a->now.wait_ms, 500),
		histo_quantile(&a->then.wait_ms, 500));
	print_row("wait p99 ms, at most", histo_quantile(&q->waited, 990),
		histo_quantile(&a->now.wait_ms, 990),
		histo_quantile(&a->then.wait_ms, 990));
	print_row(
		"wait max ms", q->waited.max, a->now.wait_ms.max, a->then.wait_ms.max);
	printf("%-22s %16s %16s %16s\n", "dollars", was, now, then);
	printf("p50 and p99 are known within a quarter\n");
	printf("recorded as refused is who waited in vain; who found the queue full is in "
	       "no row\n");
	printf("\nwhat if: %" PRIu64 " start earlier, %" PRIu64 " later\n",
		a->moved.earlier, a->moved.later);
	whatif_order_print(&a->order);
	if (q->cost.n_unpriced > 0)
		printf("%" PRIu64 " attempt%s no price there and count%s nothing\n",
			q->cost.n_unpriced, q->cost.n_unpriced == 1 ? " has" : "s have",
			q->cost.n_unpriced == 1 ? "s" : "");
}

static void json_outcome(
	struct jsonw *w, struct str key, const struct whatif_outcome *o)
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
	jsonw_end_object(w);
}

static void json_answer(const struct question *q, const struct answer *a)
{
	struct jsonw w;
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	show_json_u64(&w, STR("time_period_hours"), q->hours);
	show_json_u64(&w, STR("requests"), q->n);
	jsonw_key(&w, STR("is_cut"));
	jsonw_bool(&w, q->is_full);
	tell_time(&w, STR("rows_from"), q->first_ms);
	jsonw_key(&w, STR("is_pruned"));
	jsonw_bool(&w, q->is_pruned);
	jsonw_key(&w, STR("recorded"));
	jsonw_begin_object(&w);
	show_json_u64(&w, STR("started"), q->n - q->n_unsent);
	show_json_u64(&w, STR("refused_in_vain"), q->n_unsent);
	jsonw_key(&w, STR("wait_ms"));
	tell_histo(&w, &q->waited);
	tell_usd(&w, STR("total_cost_usd"), a->cost_nanousd);
	jsonw_end_object(&w);
	json_outcome(&w, STR("now"), &a->now);
	json_outcome(&w, STR("whatif"), &a->then);
	show_json_u64(&w, STR("start_earlier"), a->moved.earlier);
	show_json_u64(&w, STR("start_later"), a->moved.later);
	whatif_order_tell(&w, &a->order);
	show_json_u64(&w, STR("unpriced"), q->cost.n_unpriced);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
}

/* ---- the command ---------------------------------------------------------------------------------- */

static enum ctl_exit answer(const struct ctl *c, struct question *q, struct store *s)
{
	struct err e = {0};
	struct answer a;
	enum query_verdict v = read_record(q, s, &e);
	if (v == QUERY_FAILED)
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	for (uint32_t i = 0; i < q->n_choices && q->n > 0; i++)
		if (q->choice[i].n_requests == 0)
			return ctl_fail(c, CTL_REFUSED,
				"no request of that time is of a client named " STR_FMT,
				STR_ARG(q->choice[i].client));
	run_both(q, &a);
	if (c->is_json)
		json_answer(q, &a);
	else
		print_answer(q, &a);
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
	q->hours = READING_HOURS;
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

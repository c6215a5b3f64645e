/* From rows to what is used of the limits. */
#include "record/past_build.h"

#include "base/clock.h"
#include "base/log.h"
#include "record/past_clients.h"
#include "store/kept.h"
#include "store/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is older is in no window, whether or not it has a limit yet. */
#define HORIZON_NS (3600 * NS_PER_S + LIMIT_GUARD_NS)

struct build {
	struct past *past;
	struct past_clients *clients;
	const struct settings *settings;
	struct moment_walk walk;
	uint64_t reset_sequence;
	uint64_t n_rows, n_learnt, n_older;
	bool is_over;
};

/* What models write is learnt from so many rows, however old: no more than a sketch keeps
 * without fading, since the newest come first here. */
enum { LEARN_ROWS = QUANTILE_MEMORY };

static bool has_limits(const struct settings *s, const char *model)
{
	for (uint64_t i = 0; i < s->models.n; i++)
		if (strcmp(s->models.of[i].name, model) == 0)
			return true;
	return false;
}

static void charge(struct build *b, const struct row *r, uint64_t age_ns)
{
	struct row_charge c = row_charge(r);
	if (c.requests == 0)
		return;
	must(past_charge(b->past, "all", age_ns, c.requests, c.tokens));
	if (has_limits(b->settings, r->model)) {
		char scope[LIMIT_SCOPE_BYTES];
		snprintf(scope, sizeof scope, "model %.*s", SETTINGS_MODEL_BYTES,
			r->model);
		must(past_charge(b->past, scope, age_ns, c.requests, c.tokens));
	}
	b->n_rows++;
}

/* A row does not say how many choices were asked for: their sum is on the safe side. */
static void learn(struct build *b, const struct row *r)
{
	if (r->outcome != OUTCOME_SETTLED_USAGE || b->n_learnt == LEARN_ROWS)
		return;
	history_note(&b->past->history, r->model, r->completion_tokens);
	b->n_learnt++;
}

/* Upstream limits begin with the last reset; clients' limits know of none. */
static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct build *b = arg;
	struct moment sent = row_sent(r);
	uint64_t age_ns = moment_walk_back_ns(&b->walk, &sent);
	bool is_older = age_ns > HORIZON_NS;
	learn(b, r);
	if (!is_older && sequence > b->reset_sequence)
		charge(b, r, age_ns);
	if (!is_older)
		past_clients_charge(b->clients, r, age_ns);
	b->n_older += is_older;
	b->is_over =
		is_older && (b->n_learnt == LEARN_ROWS || b->n_older == LEARN_ROWS);
	return !b->is_over;
}

static bool walk_rows(struct build *b, struct store *store, struct err *e)
{
	struct query_place at = query_start_last();
	enum query_verdict v;
	do
		v = query_rows_back(store, &at, on_row, b, e);
	while (v == QUERY_MORE && !b->is_over);
	return v != QUERY_FAILED;
}

static void take_keys(struct past *p, const struct kept *kept, const struct moment *now)
{
	_Static_assert((int)KEPT_KEYS <= (int)MAX_UPSTREAM_KEYS, "all find a place");
	for (uint64_t i = 0; i < kept->n; i++) {
		const struct kept_key *k = &kept->key[i];
		struct past_key *to = &p->key[p->n_keys++];
		_Static_assert(sizeof to->name == sizeof k->name, "names of one size");
		memcpy(to->name, k->name, sizeof to->name);
		to->away_ns = moment_since_ns(&k->told, now);
		to->state = k->state;
	}
}

static bool fill(
	struct build *b, const struct segment *s, struct store *store, struct err *e)
{
	struct kept kept;
	struct past *p = b->past;
	struct moment now = {s->boot, clock_boot_ns(), clock_wall_ms()};
	p->as_of_ns = clock_mono_ns();
	if (!kept_read(store, &kept, e))
		return false;
	b->walk = (struct moment_walk){.at = now};
	b->reset_sequence = kept.reset_sequence;
	take_keys(p, &kept, &now);
	if (!walk_rows(b, store, e))
		return false;
	past_clients_restore(b->clients, HORIZON_NS, p->as_of_ns);
	log_event(LOG_INFO, EVENT_RECOVERED,
		"attempts_in_limits=%llu keys_with_state=%llu",
		(unsigned long long)b->n_rows, (unsigned long long)p->n_keys);
	return true;
}

bool past_build(struct segment *s, struct store *store, const struct settings *settings,
	struct err *e)
{
	if (page_epoch(s->past) > 0)
		return true;
	struct build b = {.past = calloc(1, sizeof *b.past),
		.clients = past_clients_new(&s->clients, settings),
		.settings = settings};
	must(b.past != NULL);
	bool done = fill(&b, s, store, e);
	if (done)
		page_publish(s->past, b.past, sizeof *b.past);
	past_clients_free(b.clients);
	free(b.past);
	return done;
}

/* From rows to the words of clients. */
#include "record/past_clients.h"

#include "base/num.h"
#include "decide/clientgate.h"
#include "segment/client_use.h"
#include "store/row.h"

#include <stdlib.h>

_Static_assert(
	(int)GATE_RATES == (int)CLIENT_RATES, "the rates come first in the list");

struct one {
	struct bucket_rate rate[CLIENT_RATES]; /* tokens 0 = no such limit */
	struct bucket_recall taken[CLIENT_RATES];
};

struct past_clients {
	const struct clients *clients;
	struct one *of; /* [n], as in the table */
	uint32_t n;
};

static void take_rates(struct past_clients *p, uint32_t ix, uint64_t burst_percent,
	const struct client_limits *defaults)
{
	struct client_limits l;
	struct one *one = &p->of[ix];
	clients_limits(p->clients, ix, &l);
	client_limits_fill(&l, defaults);
	for (unsigned i = 0; i < CLIENT_RATES; i++)
		(void)!gate_rate(
			&l, (enum client_limit)i, burst_percent, &one->rate[i]);
}

struct past_clients *past_clients_new(
	const struct clients *c, const struct settings *settings)
{
	struct client_limits defaults;
	struct past_clients *p = calloc(1, sizeof *p);
	must(p != NULL);
	*p = (struct past_clients){.clients = c, .n = clients_count(c)};
	p->of = calloc(p->n + 1, sizeof *p->of);
	must(p->of != NULL);
	gate_defaults(settings, &defaults);
	for (uint32_t ix = 0; ix < p->n; ix++)
		if (clients_at(c, ix) != NULL)
			take_rates(p, ix, settings->client_burst_percent, &defaults);
	return p;
}

void past_clients_free(struct past_clients *p)
{
	if (p == NULL)
		return;
	free(p->of);
	free(p);
}

static uint64_t tokens_of(const struct row *r)
{
	if (r->outcome == OUTCOME_OPEN || r->outcome == OUTCOME_UNKNOWN)
		return r->estimated_tokens;
	return num_add_sat(r->prompt_tokens, r->completion_tokens);
}

void past_clients_charge(struct past_clients *p, const struct row *r, uint64_t age_ns)
{
	const struct client *entry = clients_by_id(p->clients, r->client_id);
	uint32_t ix = entry != NULL ? clients_index_of(p->clients, entry) : p->n;
	uint64_t requests = r->attempt == 1, tokens = tokens_of(r);
	if (ix >= p->n)
		return;
	struct one *one = &p->of[ix];
	for (unsigned i = 0; i < CLIENT_RATES; i++) {
		bool is_requests = i == RATE_REQUESTS_MINUTE || i == RATE_REQUESTS_HOUR;
		uint64_t n = is_requests ? requests : tokens;
		if (one->rate[i].tokens > 0 && n > 0)
			bucket_recall(&one->taken[i], &one->rate[i], n, age_ns);
	}
}

void past_clients_restore(
	const struct past_clients *p, uint64_t told_ns, uint64_t now_ns)
{
	for (uint32_t ix = 0; ix < p->n; ix++) {
		const struct one *one = &p->of[ix];
		for (unsigned i = 0; i < CLIENT_RATES; i++)
			if (one->rate[i].tokens > 0)
				client_use_restore(p->clients, ix, (enum client_rate)i,
					bucket_recalled(&one->taken[i], &one->rate[i],
						told_ns, now_ns));
	}
}

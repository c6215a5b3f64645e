/*
 * May this request of a client go on? Pure: limits, use and time are arguments.
 *
 *	gate_defaults(&settings, &defaults);            once an epoch
 *	client_limits_fill(&limits, &defaults);         once a request
 *	gate_priority(&limits, &request)                what it runs with
 *	gate_check_form(&limits, &request, &refusal)    model, sizes, priority, what
 *	                                                no budget has room for
 *	gate_check_use(&limits, &request, &use, &r)     concurrency and budgets
 *	gate_rate(&limits, which, burst_percent, &rate) for each rate, to take from
 *
 * The order is the order of a refusal: what no waiting changes comes first. A refusal
 * says which limit, what it allows, what is used of it and what was asked; and when to
 * come back. The first limit that refuses is named, of several budgets the one that
 * renews last.
 *
 * A rate is a bucket: at most limit + burst in any 60 s or hour. One request may take more
 * tokens than the burst, up to the whole limit, when the client has been idle before.
 *
 * Held money is what a request may cost at most: its prompt by the estimate, its answer as
 * long as max_tokens allow. So a budget is never passed by more than prompts turn out
 * dearer than their estimate.
 */
#ifndef DECIDE_CLIENTGATE_H
#define DECIDE_CLIENTGATE_H

#include "conf/settings.h"
#include "decide/client_limits.h"
#include "decide/period.h"
#include "rate/bucket.h"

enum {
	GATE_RATES = CLIENT_LIMIT_tokens_per_hour + 1,
	GATE_PRIORITY_NORMAL = 1,
	GATE_PRIORITY_HIGHEST = 3
};

struct gate_request {
	struct str model;
	uint64_t prompt_chars;
	uint64_t max_tokens;      /* 0 = none is named */
	bool is_answered_in_text; /* false: embeddings, which have no max_tokens */
	bool has_priority;        /* one is named */
	unsigned priority;        /* enum exchange_priority */
	uint64_t tokens;          /* the estimate that rates are charged */
	uint64_t nanousd;         /* what it may cost */
};

/* What the client has, the request at hand included. */
struct gate_use {
	uint64_t held_requests, held_nanousd;
	uint64_t spent_nanousd[PERIODS];
	uint64_t now_ms;
};

enum gate_kind {
	GATE_NOT_ALLOWED, /* as it stands, never */
	GATE_TOO_LARGE,   /* larger than the whole limit or budget */
	GATE_LATER,       /* come back after wait_ms */
	GATE_SPENT        /* the budget is spent until renews_ms */
};

struct gate_refusal {
	enum client_limit limit;
	enum gate_kind kind;
	/* in the limit's unit; of models `asked` is how many were named: 1, or 0 */
	uint64_t allowed, used, asked;
	uint64_t held;      /* of a budget: by requests that are not settled yet */
	uint64_t at_once;   /* of a rate: its burst */
	const char *models; /* of models: those that are allowed */
	uint64_t wait_ms;   /* LATER; 0 = nobody knows */
	uint64_t renews_ms; /* of a budget: wall */
};

/* What [client] says, of every limit. */
void gate_defaults(const struct settings *s, struct client_limits *out);

/* What it runs with: the priority it names, or normal, or the highest below. */
unsigned gate_priority(const struct client_limits *l, const struct gate_request *r);

bool gate_check_form(const struct client_limits *l, const struct gate_request *r,
	struct gate_refusal *no) ATTR_UNUSED_RESULT;

bool gate_check_use(const struct client_limits *l, const struct gate_request *r,
	const struct gate_use *use, struct gate_refusal *no) ATTR_UNUSED_RESULT;

/* Is it a budget that has no room for the request, whatever becomes of those that run? */
bool gate_is_for_budget(const struct gate_refusal *no);

/* Note what concurrency and budgets came to. */
void gate_note_use(const struct client_limits *l, const struct gate_use *use,
	struct client_limit_use *tightest);

/* The same of a rate, with its bucket's word after the take. */
void gate_note_rate(enum client_limit which, const struct bucket_rate *rate,
	uint64_t tat_ns, uint64_t now_ns, struct client_limit_use *tightest);

/* The bucket of one of the first GATE_RATES limits; false = there is no such limit. */
bool gate_rate(const struct client_limits *l, enum client_limit which,
	uint64_t burst_percent, struct bucket_rate *out) ATTR_UNUSED_RESULT;

/* Of which a request takes so much. */
uint64_t gate_rate_cost(enum client_limit which, const struct gate_request *r);

/* What a bucket's refusal means, with the word as it was. */
void gate_rate_refusal(enum client_limit which, const struct bucket_rate *rate,
	uint64_t cost, uint64_t tat_ns, uint64_t now_ns, struct gate_refusal *no);

/* What has not flowed back yet, rounded up. */
uint64_t gate_rate_used(
	const struct bucket_rate *rate, uint64_t tat_ns, uint64_t now_ns);

/* The period of a budget. */
enum period gate_period(enum client_limit which);

#endif

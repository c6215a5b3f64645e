/* The classification table and the backoff. */
#include "decide/retry.h"

#include "base/clock.h"
#include "base/num.h"
#include "text/delay.h"

#include <string.h>

enum { ANY = 0 };

/* First match wins. An empty code or words matches anything. */
static const struct rule {
	uint32_t status; /* ANY = any */
	const char *code;
	const char *words; /* part of the message */
	enum attempt_class class;
} rules[] = {
	{429, "insufficient_quota", "", CLASS_QUOTA},
	{429, "credit_balance_exhausted", "", CLASS_QUOTA},
	{429, "organization_spend_limit_exceeded", "", CLASS_QUOTA},
	{429, "project_spend_limit_exceeded", "", CLASS_QUOTA},
	{429, "organization_usage_limit_exceeded", "", CLASS_QUOTA},
	{ANY, "slow_down", "", CLASS_SLOW_DOWN},
	{503, "", "Slow Down", CLASS_SLOW_DOWN},
	{429, "", "Request too large", CLASS_TOO_LARGE},
	{429, "", "", CLASS_RATE_LIMIT},
	{ANY, "server_is_overloaded", "", CLASS_OVERLOADED},
	{503, "", "", CLASS_OVERLOADED},
	{401, "", "", CLASS_AUTH},
	{403, "", "", CLASS_AUTH},
	{408, "", "", CLASS_SERVER},
	{409, "", "", CLASS_SERVER},
};

/* What each class lets happen. */
static const struct {
	const char *name;
	bool may_retry;
	unsigned slower; /* the base delay is multiplied by this */
} classes[ATTEMPT_CLASSES] = {
	[CLASS_OK] = {"ok", false, 1},
	[CLASS_RATE_LIMIT] = {"rate_limit", true, 1},
	[CLASS_SLOW_DOWN] = {"slow_down", true, 4},
	[CLASS_QUOTA] = {"quota", false, 1},
	[CLASS_AUTH] = {"auth", false, 1},
	[CLASS_TOO_LARGE] = {"too_large", false, 1},
	[CLASS_OVERLOADED] = {"overloaded", true, 1},
	[CLASS_SERVER] = {"server", true, 1},
	[CLASS_CLIENT] = {"client", false, 1},
	[CLASS_NETWORK] = {"network", true, 1},
	[CLASS_UNKNOWN] = {"unknown", false, 1},
	[CLASS_CUT] = {"cut", false, 1},
};

static bool contains(struct str s, const char *words)
{
	size_t n = strlen(words);
	return n == 0 || (s.n >= n && memmem(s.p, s.n, words, n) != NULL);
}

static bool matches(const struct rule *r, const struct attempt_end *end)
{
	size_t n = strlen(r->code);
	return (r->status == ANY || r->status == end->status) &&
	       (n == 0 || (end->code.n == n && memcmp(end->code.p, r->code, n) == 0)) &&
	       contains(end->message, r->words);
}

static enum attempt_class classify_answer(const struct attempt_end *end)
{
	if (end->status < 400)
		return CLASS_OK;
	for (size_t i = 0; i < N_ELEMENTS(rules); i++)
		if (matches(&rules[i], end))
			return rules[i].class;
	return end->status >= 500 ? CLASS_SERVER : CLASS_CLIENT;
}

uint64_t retry_hint_ns(struct str message)
{
	static const char before[] = "try again in ";
	uint64_t ns;
	const char *end = message.p + message.n;
	const char *at =
		message.n > 0 ? memmem(message.p, message.n, before, sizeof before - 1)
			      : NULL;
	if (at == NULL)
		return 0;
	struct str wait = {at + sizeof before - 1, 0};
	while (wait.p + wait.n < end && wait.p[wait.n] != ' ')
		wait.n++;
	while (wait.n > 0 && (wait.p[wait.n - 1] == '.' || wait.p[wait.n - 1] == ','))
		wait.n--;
	return delay_parse_go(wait, &ns) ? ns : 0;
}

enum attempt_class retry_classify(const struct attempt_end *end)
{
	switch (end->fate) {
	case FATE_ANSWERED:
		return classify_answer(end);
	case FATE_NOT_SENT:
		return CLASS_NETWORK;
	case FATE_UNKNOWN:
		return CLASS_UNKNOWN;
	case FATE_CUT:
	case FATES:
		break;
	}
	return CLASS_CUT;
}

/* min(max, base × slower × 2^(attempts - 1)), then anywhere between 0 and that. */
static uint64_t backoff(
	const struct retry_policy *p, const struct retry_history *h, unsigned slower)
{
	uint64_t ceiling = num_mul_sat(p->base_delay_ns, slower);
	for (uint32_t i = 1; i < h->attempts && ceiling < p->max_delay_ns; i++)
		ceiling = num_mul_sat(ceiling, 2);
	ceiling = MIN(ceiling, p->max_delay_ns);
	return (uint64_t)((__uint128_t)ceiling * h->random >> 32);
}

/* The upstream's advice counts where the class alone would decide by a status. */
static bool may_retry(const struct attempt_end *end, enum attempt_class class,
	const struct retry_policy *policy)
{
	bool is_answer = end->fate == FATE_ANSWERED;
	if (is_answer && end->advice == RETRY_NO)
		return false;
	if (class == CLASS_CLIENT && is_answer && end->advice == RETRY_YES)
		return true;
	return classes[class].may_retry ||
	       (class == CLASS_UNKNOWN && policy->retry_unknown);
}

struct retry_verdict retry_decide(const struct attempt_end *end,
	const struct retry_policy *policy, const struct retry_history *history)
{
	struct retry_verdict v = {.class = retry_classify(end)};
	uint64_t jitter = backoff(policy, history, classes[v.class].slower);
	v.by = end->retry_after_ns == 0 ? RETRY_BY_BACKOFF : RETRY_BY_UPSTREAM;
	v.delay_ns = end->retry_after_ns == 0
			     ? jitter
			     : num_add_sat(end->retry_after_ns, jitter / 8);
	if (history->budget_ns > v.delay_ns) {
		v.by = RETRY_BY_BUDGET;
		v.delay_ns = history->budget_ns;
	}
	v.retry = may_retry(end, v.class, policy) &&
		  history->attempts <= policy->max_retries &&
		  v.delay_ns < history->remaining_ns;
	return v;
}

/* ---- the budget --------------------------------------------------------------------- */

#define RETRY_NS (NS_PER_S / RETRY_BUDGET_RATE)

void retry_budget_earn(struct retry_budget *b)
{
	b->owed_ns = num_sub_sat(b->owed_ns, RETRY_NS / RETRY_BUDGET_PART);
}

uint64_t retry_budget_wait(const struct retry_budget *b, uint64_t now_ns)
{
	uint64_t owed = num_sub_sat(b->owed_ns, now_ns);
	return num_sub_sat(owed, (RETRY_BUDGET_MOST - 1) * RETRY_NS);
}

void retry_budget_take(struct retry_budget *b, uint64_t now_ns)
{
	b->owed_ns = num_add_sat(MAX(b->owed_ns, now_ns), RETRY_NS);
}

const char *attempt_class_name(enum attempt_class c)
{
	return c < ATTEMPT_CLASSES ? classes[c].name : "impossible";
}

const char *retry_word_name(enum retry_word w)
{
	static const char *const names[RETRY_WORDS] = {
		NULL, "retry_after", "own_backoff", "retry_budget"};
	return w < RETRY_WORDS ? names[w] : NULL;
}

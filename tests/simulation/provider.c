/* A log, two sums, and the weather. */
#include "provider.h"

#include <stdlib.h>

void provider_init(struct provider *p, uint64_t rpm, uint64_t tpm)
{
	*p = (struct provider){.rpm = rpm, .tpm = tpm, .cap = 1 << 16};
	p->log = calloc(p->cap, sizeof *p->log);
	if (p->log == NULL)
		abort();
}

void provider_fini(struct provider *p)
{
	free(p->log);
}

static void forget(struct provider *p, uint64_t now_ns)
{
	while (p->head < p->tail) {
		size_t at = p->head & (p->cap - 1);
		if (p->log[at].at_ns + MINUTE_NS > now_ns)
			return;
		p->tokens -= p->log[at].tokens;
		p->head++;
	}
}

static void note(struct provider *p, uint64_t tokens, uint64_t now_ns)
{
	if (p->tail - p->head == p->cap)
		abort(); /* a minute holds more than any plan allows */
	size_t at = p->tail++ & (p->cap - 1);
	p->log[at].at_ns = now_ns;
	p->log[at].tokens = tokens;
	p->tokens += tokens;
	uint64_t n = p->tail - p->head;
	p->most_requests = n > p->most_requests ? n : p->most_requests;
	p->most_tokens = p->tokens > p->most_tokens ? p->tokens : p->most_tokens;
}

static const struct weather *find_weather(
	const struct provider *p, double chance, uint64_t now_ns)
{
	for (size_t i = 0; i < p->n_weather; i++) {
		const struct weather *w = &p->weather[i];
		if (now_ns >= w->from_ns && now_ns < w->until_ns &&
			chance < w->probability)
			return w;
	}
	return NULL;
}

struct answer provider_take(
	struct provider *p, uint64_t tokens, double chance, uint64_t now_ns)
{
	const struct weather *w = find_weather(p, chance, now_ns);
	forget(p, now_ns);
	p->n_arrived++;
	bool is_over = (p->rpm > 0 && p->tail - p->head + 1 > p->rpm) ||
		       (p->tpm > 0 && p->tokens + tokens > p->tpm);
	if (is_over && (w == NULL || w->status != 0)) {
		p->n_refused++;
		return (struct answer){
			429, "rate_limit_exceeded", "Rate limit reached", SECOND_NS};
	}
	if (w == NULL || w->status != 0)
		note(p, tokens, now_ns); /* failed requests count too */
	if (w != NULL)
		return (struct answer){w->status, w->code, "", w->retry_after_ns};
	p->n_accepted++;
	p->accepted_tokens += tokens;
	return (struct answer){200, "", "", 0};
}

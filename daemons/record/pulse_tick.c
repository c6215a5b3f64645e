/* From the ledger's totals to the segment's pulse page. Run by record. */
#include "record/pulse_tick.h"

#include "segment/pulse.h"

void pulse_tick(struct page *page, struct ledger *l, uint64_t now_ms)
{
	const struct totals *t = ledger_totals(l);
	struct pulse p = {.wall_ms = now_ms,
		.sequence = ledger_sequence(l),
		.open_attempts = ledger_n_open(l),
		.requests = t->requests,
		.attempts = t->attempts,
		.prompt_tokens = t->prompt_tokens,
		.cached_tokens = t->cached_tokens,
		.completion_tokens = t->completion_tokens,
		.reasoning_tokens = t->reasoning_tokens,
		.cost_nanousd = t->cost_nanousd,
		.unknown_requests = t->unknown_requests,
		.unknown_tokens = t->unknown_tokens,
		.unknown_nanousd = t->unknown_nanousd,
		.ledger_bytes = store_bytes(ledger_store(l))};
	(void)page_publish(page, &p, sizeof p);
}

/* A sentence instead of a story. */
#include "insight/unsent.h"

#include "base/clock.h"
#include "decide/wait.h"
#include "insight/queue_view.h"

#include <stdio.h>

enum { MS_PER_S = 1000 };

static void say_waits(const struct queue_view_entry *e, char out[static UNSENT_BYTES])
{
	if (e->place.rank == 0) {
		snprintf(out, UNSENT_BYTES,
			"It has not been sent yet: it has just arrived, or it waits for "
			"a limit of its model or for the answer of its "
			"Idempotency-Key.");
		return;
	}
	snprintf(out, UNSENT_BYTES,
		"It has not been sent yet: it waits at position %u, for %llu s so far "
		"and about %llu s more (%s)%s.",
		e->place.rank, (unsigned long long)(e->waited_ns / NS_PER_S),
		(unsigned long long)(e->place.wait_ms / MS_PER_S),
		wait_reason_name(e->place.reason),
		e->place.times_out
			? "; then it ends unsent, for longer [queue] max_wait does "
			  "not let it wait"
			: "");
}

enum unsent unsent_explain(const struct segment *s,
	const uint8_t id[static EXCHANGE_ID_BYTES], bool is_damaged, bool is_written,
	uint64_t now_ns, char out[static UNSENT_BYTES])
{
	struct queue_view_entry e;
	if (is_damaged) {
		snprintf(out, UNSENT_BYTES,
			"It was sent, and what the ledger has of it is damaged: run "
			"atlasctl verify, and put a whole copy of the ledger back.");
		return UNSENT_DAMAGED;
	}
	bool is_about = s != NULL && queue_view_find(&e, s, id, now_ns);
	if (is_about && e.state == EXCHANGE_QUEUED && e.n_attempts == 0) {
		say_waits(&e, out);
		return UNSENT_WAITS;
	}
	if (!is_written) {
		snprintf(out, UNSENT_BYTES,
			"What has become of it is not written down yet, for record is "
			"behind.");
		return UNSENT_UNWRITTEN;
	}
	if (is_about) {
		snprintf(out, UNSENT_BYTES,
			"It is on its way, and its intent is not written down yet.");
		return UNSENT_WAITS;
	}
	snprintf(out, UNSENT_BYTES,
		"The ledger has no attempt of it: it was refused, cancelled, too "
		"late or answered by its Idempotency-Key before anything was "
		"sent, and cost nothing (the log at level debug has its id); or "
		"it is older than [ledger] keep_rows.");
	return UNSENT_NEVER;
}

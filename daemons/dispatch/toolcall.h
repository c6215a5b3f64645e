/*
 * Calls of tools of the configuration ([tool NAME]): an exchange of kind TOOL becomes one
 * POST of its body to the tool's URL, and what comes back goes into its pipe.
 *
 *	QUEUED ── begun ──► SENT ── answered ──► STREAMING, DONE   whatever its status
 *	                      └── late, broken, cancelled ──► FAILED
 *
 * The URL is that of the settings, found by the tool's name: nobody who asks can choose one.
 * No place in the queue, no limits, no key, no row in the ledger; no redirects, no
 * proxies, HTTP/1.1, and a connection of its own for each, so that nothing is sent twice.
 * A tool may do something: what was sent is never sent again, whatever became of it.
 * Full: with TOOLCALLS_MAX under way, or TOOLCALLS_A_CLIENT of the same client's, the next
 * fails with QUEUE_FULL; an answer longer than its tool's max_bytes with TOOL_ANSWER.
 */
#ifndef DISPATCH_TOOLCALL_H
#define DISPATCH_TOOLCALL_H

#include "dispatch/curlmux.h"
#include "segment/segment.h"

enum { TOOLCALLS_MAX = 256, TOOLCALLS_A_CLIENT = 64, TOOLCALL_HEAD_BYTES = 32768 };

struct dispatch;

struct toolcall {
	struct toolcall *prev, *next; /* in toolcalls->all */
	struct dispatch *dispatch;
	uint32_t channel;
	struct exchange_ref ref;
	struct exchange *exchange;
	CURL *easy;
	struct curl_slist *headers;
	char *answer; /* max_bytes of room */
	size_t n_answer, max_bytes, n_head;
};

struct toolcalls {
	struct curlmux mux;
	struct toolcall *all;
	uint32_t n;
};

void toolcalls_open(struct dispatch *d);
void toolcalls_close(struct dispatch *d); /* none may be left */

/* A QUEUED exchange of kind TOOL whose request part is possible. */
void toolcalls_begin(struct dispatch *d, uint32_t channel_ix, struct exchange_ref ref);

/* There may be news of that slot: has its client left? */
void toolcalls_look(struct dispatch *d, uint32_t channel_ix, uint32_t slot);

/* It fails now, and t is gone. */
void toolcall_end(struct toolcall *t, enum exchange_failure why);

/* So do those of that channel; UINT32_MAX = of all. */
void toolcalls_end_all(
	struct dispatch *d, uint32_t channel_ix, enum exchange_failure why);

#endif

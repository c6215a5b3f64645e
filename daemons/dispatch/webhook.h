/*
 * [alerts] webhook: carries the news of record's alerts page to one URL, one after the
 * other and in order, each until it is taken (any 2xx) or given up.
 *
 *	POST URL
 *	X-Atlas-Event: INSTANCE-SEQUENCE       the same at every try
 *	X-Atlas-Signature: t=SECONDS,v1=HEX    HMAC-SHA256 of "SECONDS.BODY", when there is
 *	                                       a webhook_secret_file
 *
 * What is done with is said in the segment (alerts_set_told()), so a successor goes on
 * from there; one that dies between an answer and that word sends once more, and the
 * receiver knows it by X-Atlas-Event. A try is made again after 1, 2, 4 … 60 s, and given
 * up after WEBHOOK_TRIES. Full: news that the page has written over is skipped. Both are
 * in the log.
 *
 * It has no place in the queue, no key and no row in the ledger; a drain does not wait for
 * it. No redirects, no proxies, HTTP/1.1.
 */
#ifndef DISPATCH_WEBHOOK_H
#define DISPATCH_WEBHOOK_H

#include "dispatch/curlmux.h"
#include "process/process.h"

enum { WEBHOOK_TRIES = 12, WEBHOOK_BODY_BYTES = 1024 };

struct webhook {
	struct curlmux mux;
	struct process *process;
	CURL *easy; /* NULL = nothing is under way */
	struct curl_slist *headers;
	char body[WEBHOOK_BODY_BYTES];
	size_t n_body;
	uint64_t sequence;   /* of the news under way */
	uint64_t epoch;      /* of the page when all its news was done with */
	uint64_t due_ns;     /* no try before */
	uint32_t n_failures; /* of the news that is next */
};

void webhook_open(struct webhook *h, struct process *p);
void webhook_close(struct webhook *h);

/* Each turn of the loop. */
void webhook_turn(struct webhook *h);

#endif

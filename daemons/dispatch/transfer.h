/*
 * One HTTP exchange with the upstream: libcurl's callbacks turned into a few plain calls
 * of its owner. It never decides anything: it says what came, and how far it got.
 *
 *	t = transfer_start(&transfers, upstream, &request, &ops, job);
 *	   ops.head(job)           the final status and headers are in *t
 *	   ops.body(job, bytes)    as they come; false = TRANSFER_HOLD, see below
 *	   ops.end(job, result)    once; t may be freed in it
 *	transfer_free(t);          any time but inside head() and body()
 *
 * Never sent twice: libcurl repeats a POST by itself when a reused connection dies; the
 * second call of its pre-request hook is refused and the attempt's fate is unknown.
 * No redirects, no proxies from the environment, no compression, HTTP/1.1, bearer only.
 */
#ifndef DISPATCH_TRANSFER_H
#define DISPATCH_TRANSFER_H

#include "dispatch/curlmux.h"
#include "base/attr.h"
#include "decide/provider.h"
#include "decide/retry.h"
#include "dispatch/upstream.h"
#include "segment/exchange.h"

enum { TRANSFER_ID_BYTES = 64 };

/* How it ended, as far as HTTP can tell. */
enum transfer_result {
	TRANSFER_COMPLETE, /* a whole answer, as far as its framing goes */
	TRANSFER_NOT_SENT, /* no byte of the request went out */
	TRANSFER_BROKEN,   /* it went out, and the answer is missing or cut */
	TRANSFER_RESEND,   /* libcurl was about to send it again; treated as BROKEN */
	TRANSFER_PROTOCOL  /* the answer is not what HTTP or we allow */
};

enum transfer_flow { TRANSFER_GO_ON, TRANSFER_HOLD, TRANSFER_STOP };

/* Of the owner. head and body: STOP ends the transfer with TRANSFER_PROTOCOL; HOLD (body
 * only) pauses it, and the same bytes come again after transfer_resume(). */
struct transfer_ops {
	enum transfer_flow (*head)(void *owner);
	enum transfer_flow (*body)(void *owner, struct str bytes);
	void (*end)(void *owner, enum transfer_result result);
};

struct transfer_request {
	const char *id; /* for X-Client-Request-Id */
	enum exchange_api api;
	struct str path; /* of a relayed one: behind the base URL, with its query */
	bool is_get, is_stream;
	struct str body; /* must live as long as the transfer */
};

/* What the answer's head said; valid from ops.head() on. */
struct transfer_head {
	unsigned status;
	bool is_event_stream, is_json;
	uint64_t retry_after_ns;
	enum retry_advice advice; /* x-should-retry */
	uint64_t processing_ms;   /* openai-processing-ms, 0 = not said */
	uint32_t api_version;     /* openai-version as 20201001, 0 = not said */
	struct provider_words provider;
	char upstream_id[TRANSFER_ID_BYTES]; /* x-request-id */
	char content_type[EXCHANGE_TYPE_BYTES];
};

struct transfer; /* opaque */

/* Handles that have done their work are kept for the next: a fresh one costs libcurl more
 * than a small request. At most TRANSFERS_KEPT; more are freed. */
enum { TRANSFERS_KEPT = 256 };

struct transfers {
	struct curlmux mux;
	struct transfer *idle;
	unsigned n_idle;
};

void transfers_init(struct transfers *ts, struct event_base *base);

/* All transfers must have been freed before. */
void transfers_fini(struct transfers *ts);

struct transfer *transfer_start(struct transfers *ts, struct upstream *up,
	const struct transfer_request *request, const struct transfer_ops *ops,
	void *owner);

const struct transfer_head *transfer_head(const struct transfer *t);

/* Has the request begun to leave? From then on its fate can be unknown. */
bool transfer_was_sent(const struct transfer *t);

/* Has all of the body gone out, so that it will not be read again? */
bool transfer_has_sent_all(const struct transfer *t);

/* Go on after HOLD. */
void transfer_resume(struct transfer *t);

/* Stop if it still runs, and forget it. NULL is fine. */
void transfer_free(struct transfer *t);

const char *transfer_result_name(enum transfer_result r);

#endif

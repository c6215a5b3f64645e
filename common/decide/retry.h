/*
 * What an attempt's end means, and whether another attempt follows. Pure: the caller
 * brings the time that has passed and a random number, and gets a verdict.
 *
 * Errors are classified by error.code, then by message, never by the status alone. The
 * delay is exponential with full jitter (Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015), never shorter than the upstream's Retry-After.
 */
#ifndef DECIDE_RETRY_H
#define DECIDE_RETRY_H

#include "base/attr.h"

/* How far the attempt got. */
enum attempt_fate {
	FATE_ANSWERED, /* a complete status came; see status, code, message */
	FATE_NOT_SENT, /* no byte of the request left: refused, no route, TLS failed */
	FATE_UNKNOWN,  /* bytes went out and no complete status came back */
	FATE_CUT,      /* output had begun, then it broke off */
	FATES
};

enum attempt_class {
	CLASS_OK,
	CLASS_RATE_LIMIT, /* wait, then again */
	CLASS_SLOW_DOWN,  /* wait longer: we ramped too fast */
	CLASS_QUOTA,      /* nothing left to spend: the key is out of service */
	CLASS_AUTH,       /* our key is refused: out of service */
	CLASS_TOO_LARGE,  /* one request larger than the whole window */
	CLASS_OVERLOADED, /* theirs, soon over */
	CLASS_SERVER,     /* theirs */
	CLASS_CLIENT,     /* the request itself is wrong */
	CLASS_NETWORK,    /* never sent */
	CLASS_UNKNOWN,    /* sent, fate unknown */
	CLASS_CUT,        /* broke off after output */
	ATTEMPT_CLASSES
};

struct attempt_end {
	enum attempt_fate fate;
	uint32_t status;         /* of a FATE_ANSWERED */
	struct str code;         /* error.code, "" = none */
	struct str message;      /* error.message */
	uint64_t retry_after_ns; /* from the headers, 0 = none */
};

struct retry_policy {
	uint64_t max_retries;
	uint64_t base_delay_ns, max_delay_ns;
	bool retry_unknown; /* the setting [retry] unknown = retry */
};

struct retry_history {
	uint32_t attempts;     /* made so far, this one included, at least 1 */
	uint64_t remaining_ns; /* until the request's own deadline */
	uint32_t random;       /* any 32 random bits */
};

struct retry_verdict {
	enum attempt_class class;
	bool retry;
	uint64_t delay_ns; /* when retry */
};

enum attempt_class retry_classify(const struct attempt_end *end);

/* Again, and after how long? Never when output was passed on, when the class says no,
 * when max_retries are used up, or when the delay would outlast the deadline. */
struct retry_verdict retry_decide(const struct attempt_end *end,
	const struct retry_policy *policy, const struct retry_history *history);

const char *attempt_class_name(enum attempt_class c);

#endif

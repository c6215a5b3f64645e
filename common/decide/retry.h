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

enum retry_advice { RETRY_UNSAID, RETRY_YES, RETRY_NO };

struct attempt_end {
	enum attempt_fate fate;
	uint32_t status;          /* of a FATE_ANSWERED */
	struct str code;          /* error.code, "" = none */
	struct str message;       /* error.message */
	uint64_t retry_after_ns;  /* from the headers, 0 = none */
	enum retry_advice advice; /* x-should-retry: goes before the class */
};

struct retry_policy {
	uint64_t max_retries;
	uint64_t base_delay_ns, max_delay_ns;
	bool retry_unknown; /* the setting [retry] unknown = retry */
};

struct retry_history {
	uint32_t attempts;     /* made so far, this one included, at least 1 */
	uint64_t remaining_ns; /* until the request's own deadline */
	uint64_t budget_ns;    /* retry_budget_wait() */
	uint32_t random;       /* any 32 random bits */
};

/*
 * The budget of all requests together: a tenth of a retry is earned by each request that
 * is sent for the first time, and RETRY_BUDGET_RATE whole ones each second whatever the
 * traffic, at most RETRY_BUDGET_MOST are kept. A retry that finds none waits for its
 * turn: in any t seconds at most a tenth of the traffic + rate × t + most are sent.
 * All zero = full at the time 0.
 */
enum { RETRY_BUDGET_MOST = 20, RETRY_BUDGET_RATE = 10, RETRY_BUDGET_PART = 10 };

struct retry_budget {
	uint64_t owed_ns; /* the moment at which what is taken has been earned: GCRA */
};

/* Whose word a delay is. A place is stored in the ledger: new ones go to the end, and the
 * ledger has room for one. */
enum retry_word {
	RETRY_BY_NOBODY,   /* it is not known */
	RETRY_BY_UPSTREAM, /* Retry-After, or the wait that its message names */
	RETRY_BY_BACKOFF,  /* our own backoff */
	RETRY_BY_BUDGET,   /* the budget of all requests together */
	RETRY_WORDS
};

struct retry_verdict {
	enum attempt_class class;
	bool retry;
	uint64_t delay_ns; /* when retry */
	enum retry_word by;
};

/* "Please try again in 1m26.4s": the wait that a message names, 0 = none. For answers
 * without Retry-After. */
uint64_t retry_hint_ns(struct str message);

enum attempt_class retry_classify(const struct attempt_end *end);

/* Again, and after how long? Never when output was passed on, when the class or the
 * upstream says no, when max_retries are used up, or when the delay would outlast the
 * deadline. */
struct retry_verdict retry_decide(const struct attempt_end *end,
	const struct retry_policy *policy, const struct retry_history *history);

/* A request is sent for the first time. */
void retry_budget_earn(struct retry_budget *b);

/* How long the next retry waits; and that one is made. */
uint64_t retry_budget_wait(const struct retry_budget *b, uint64_t now_ns);
void retry_budget_take(struct retry_budget *b, uint64_t now_ns);

const char *attempt_class_name(enum attempt_class c);
const char *retry_word_name(enum retry_word w); /* "retry_after", …; NOBODY: NULL */

#endif

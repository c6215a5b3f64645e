/*
 * An independent model of the provider: it keeps an exact log of the last minute, counts
 * what arrives by its own formula, and refuses what would make any 60 seconds exceed its
 * limits. It shares no code with what it judges. Weather makes it fail on purpose.
 */
#ifndef SIMULATION_PROVIDER_H
#define SIMULATION_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECOND_NS UINT64_C(1000000000)
#define MINUTE_NS (60 * SECOND_NS)
#define HOUR_NS   (60 * MINUTE_NS)

/* In [from_ns, until_ns) each arrival meets it with that probability. */
struct weather {
	uint64_t from_ns, until_ns;
	double probability;
	unsigned status;         /* of the answer; 0 = the connection fails */
	const char *code;        /* error.code */
	uint64_t retry_after_ns; /* 0 = not said */
};

struct answer {
	unsigned status;
	const char *code, *message;
	uint64_t retry_after_ns;
};

struct provider {
	uint64_t rpm, tpm; /* 0 = none */
	const struct weather *weather;
	size_t n_weather;
	struct {
		uint64_t at_ns, tokens;
	} * log;
	uint64_t head, tail, cap; /* positions; cap a power of two */
	uint64_t tokens;          /* of the last minute */
	/* judged */
	uint64_t n_arrived, n_refused; /* by the limits, not by the weather */
	uint64_t n_accepted, accepted_tokens;
	uint64_t most_requests, most_tokens; /* in any minute */
};

void provider_init(struct provider *p, uint64_t rpm, uint64_t tpm);
void provider_fini(struct provider *p);

/* A request arrives that it counts as so many tokens; chance in [0, 1). Times never go
 * back. */
struct answer provider_take(
	struct provider *p, uint64_t tokens, double chance, uint64_t now_ns);

#endif

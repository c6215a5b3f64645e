/* Plans, figures and verdicts. */
#include "question.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned n_passed, n_failed;

void judge(const char *name, bool is_good, const char *format, ...)
{
	va_list ap;
	printf("%-34s ", name);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("  %s\n", is_good ? "ok" : "FAILED");
	*(is_good ? &n_passed : &n_failed) += 1;
}

struct plan plan_of(struct source *source, size_t n)
{
	return (struct plan){.rpm = 600,
		.burst_ns = 10 * SECOND_NS,
		.max_concurrent = 256,
		.ageing = 100,
		.stabilizer = {.hold_ns = 15 * MINUTE_NS,
			.base_delay_ns = SECOND_NS,
			.max_delay_ns = 30 * SECOND_NS,
			.out_ns = MINUTE_NS,
			.n_faults = 3},
		.retry = {.max_retries = 5,
			.base_delay_ns = SECOND_NS,
			.max_delay_ns = 300 * SECOND_NS},
		.max_wait_ns = 48 * HOUR_NS,
		.latency_min_ns = MS_NS,
		.latency_max_ns = 200 * MS_NS,
		.service_min_ns = 100 * MS_NS,
		.service_max_ns = 2000 * MS_NS,
		.source = source,
		.n_sources = n,
		.seed = 1,
		.until_ns = HOUR_NS + 24 * HOUR_NS};
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* Of the waits of n sources together. */
double quantile_s(const struct source *s, size_t n, double q)
{
	size_t sum = 0, at = 0;
	for (size_t i = 0; i < n; i++)
		sum += s[i].n_waits;
	uint32_t *all = calloc(sum + 1, sizeof *all);
	if (all == NULL)
		abort();
	for (size_t i = 0; i < n; i++) {
		memcpy(all + at, s[i].wait_ms, s[i].n_waits * sizeof *all);
		at += s[i].n_waits;
	}
	qsort(all, sum, sizeof *all, by_value);
	double s_value = sum ? all[(size_t)((double)(sum - 1) * q)] / 1000.0 : 0;
	free(all);
	return s_value;
}

double jain(const struct source *s, size_t n)
{
	double sum = 0, squares = 0;
	for (size_t i = 0; i < n; i++) {
		sum += (double)s[i].tokens;
		squares += (double)s[i].tokens * (double)s[i].tokens;
	}
	return sum * sum / ((double)n * squares);
}

void forget(struct source *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(s[i].wait_ms);
		s[i].wait_ms = NULL;
		s[i].n_waits = 0;
		s[i].n_asked = s[i].n_done = s[i].n_failed = s[i].tokens = 0;
	}
}

bool is_whole(const struct world *w)
{
	const struct world_result *r = world_result(w);
	if (r->n_broken > 0)
		printf("\t%llu times broken: %s\n", (unsigned long long)r->n_broken,
			r->broken);
	return r->n_broken == 0;
}

bool judged(void)
{
	printf("%u passed, %u failed\n", n_passed, n_failed);
	return n_failed == 0;
}

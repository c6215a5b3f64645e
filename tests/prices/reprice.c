/*
 * Prices replies with Atlas's own code, for a test that does it again without it.
 *
 *	reprice etc/models.json <exchanges >prices
 *
 * In: lines of "WALL_MS TAB REPLY", REPLY being a document on one line. Out: for each one
 * "NANOUSD PRICING", as a row of the ledger would have it, or "- absent" where the reply
 * has no usage that can be believed.
 */
#include "base/num.h"
#include "insight/price.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdicts[] = {[PRICE_EXACT] = "exact",
	[PRICE_ASSUMED] = "assumed",
	[PRICE_UNPRICED] = "unpriced"};

static bool price_line(const struct models *m, const char *line, size_t n)
{
	struct usage_view v;
	uint64_t wall_ms, nanousd;
	const char *tab = memchr(line, '\t', n);
	if (tab == NULL ||
		!num_parse_u64((struct str){line, (size_t)(tab - line)}, &wall_ms))
		return false;
	struct str reply = {tab + 1, n - (size_t)(tab + 1 - line)};
	if (!usage_read(reply, &v) || v.state != USAGE_GIVEN) {
		puts("- absent");
		return true;
	}
	struct price_request q = {models_find(m, (struct str){v.model, v.n_model}),
		{v.tier, v.n_tier}, wall_ms};
	enum price_verdict verdict = price_compute(&q, &v.tokens, &nanousd, NULL);
	printf("%" PRIu64 " %s\n", nanousd, verdicts[verdict]);
	return true;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	struct models *m = argc == 2 ? models_load(argv[1], &e) : NULL;
	if (m == NULL) {
		fprintf(stderr, "%s\nusage: reprice MODELS_FILE <exchanges\n", e.text);
		return 2;
	}
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int status = 0;
	while (status == 0 && (n = getline(&line, &cap, stdin)) > 0) {
		size_t bytes = (size_t)n - (line[n - 1] == '\n');
		if (!price_line(m, line, bytes)) {
			fputs("reprice: a line is no \"WALL_MS TAB REPLY\"\n", stderr);
			status = 1;
		}
	}
	free(line);
	models_free(m);
	return status;
}

/*
 * Tool calls in chunks: whatever the chunks are, what is put together is the inside of
 * JSON strings, so that it can go on into other JSON.
 *
 * Input: chunks, a line each.
 */
#include "text/calls.h"
#include "text/scan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const char *p, size_t n)
{
	struct scan s;
	struct scan_token t;
	char *quoted = malloc(n + 2);
	must(quoted != NULL);
	quoted[0] = quoted[n + 1] = '"';
	memcpy(quoted + 1, p, n);
	scan_init(&s, (struct str){quoted, n + 2}, 1);
	must(scan_next(&s, &t) == SCAN_STRING && scan_next(&s, &t) == SCAN_END);
	free(quoted);
}

static void check(const struct calls *c)
{
	must(c->n <= CALLS_MAX);
	for (uint32_t i = 0; i < c->n; i++) {
		const struct call *x = &c->call[i];
		must(x->n_args <= CALL_ARGS_BYTES);
		check_inside(x->args, x->n_args);
		check_inside(x->id, strlen(x->id));
		check_inside(x->name, strlen(x->name));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct calls calls;
	const char *p = (const char *)data, *end = p + size;
	calls.n = 0;
	while (p < end) {
		const char *line = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((line ? line : end) - p);
		char *own = malloc(n + 1);
		must(own != NULL);
		memcpy(own, p, n);
		calls_take(&calls, (struct str){own, n});
		free(own);
		p += n + 1;
	}
	check(&calls);
	return 0;
}

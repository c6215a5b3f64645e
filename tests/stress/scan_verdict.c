/*
 * The scanner's verdicts for the differential test (stories/json_differential.mjs).
 *
 *	stdin:	for each text its length, 4 bytes, lowest first, and its bytes
 *	stdout:	for each text one byte, '1' = JSON, '0' = none
 *
 * Exit 1 when the input ends inside a text. A terminal is taken for no texts at all.
 */
#include "text/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_TEXT_BYTES = 1 << 24 };

/* The length of the next text; false at the end of the input. */
static bool read_length(size_t *n)
{
	uint8_t b[4];
	size_t got = fread(b, 1, sizeof b, stdin);
	if (got == 0)
		return false;
	*n = (size_t)b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16 | (size_t)b[3] << 24;
	if (got == sizeof b && *n <= MAX_TEXT_BYTES)
		return true;
	fprintf(stderr, "scan_verdict: a length is cut or absurd\n");
	exit(EXIT_FAILURE);
}

/* Memory of exactly the text's size, so that a sanitizer sees a step beyond it. */
static bool is_json(size_t n)
{
	struct scan s;
	struct scan_token t;
	char *p = malloc(n);
	if ((p == NULL && n > 0) || fread(p, 1, n, stdin) != n) {
		fprintf(stderr, "scan_verdict: a text is cut\n");
		exit(EXIT_FAILURE);
	}
	scan_init(&s, (struct str){p, n}, SCAN_MAX_DEPTH);
	while (scan_next(&s, &t) > SCAN_ERROR)
		;
	free(p);
	return t.type == SCAN_END;
}

int main(void)
{
	size_t n;
	while (!isatty(STDIN_FILENO) && read_length(&n))
		putchar(is_json(n) ? '1' : '0');
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * The JSON scanner: whatever the bytes, tokens nest and lie inside the text in order,
 * the verdict does not depend on white space around it, and what is called a string
 * decodes to well-formed UTF-8 of as many code points as it said.
 */
#include "text/chars.h"
#include "text/scan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct verdict {
	enum scan_error error;
	size_t at;
};

static void check_utf8(struct str s, size_t n_points)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		if ((uint8_t)s.p[i] < 0x80) {
			i++;
			n++;
			continue;
		}
		size_t length = chars_utf8_run(s.p + i, s.n - i, &n);
		must(length > 0);
		i += length;
	}
	must(n == n_points);
}

static void check_string(const struct scan_token *t)
{
	struct str whole, part;
	char *buf = malloc(t->raw.n + 1);
	must(buf != NULL);
	must(scan_text(t, buf, t->raw.n, &whole));
	check_utf8(whole, t->n_chars);
	must(scan_is(t, whole));
	must(t->is_escaped || whole.n == t->raw.n);
	if (whole.n > 0) {
		must(!scan_is(t, (struct str){whole.p, whole.n - 1}));
		char *small = malloc(whole.n);
		must(small != NULL);
		must(!scan_text(t, small, whole.n - 1, &part));
		must(memcmp(small, whole.p, part.n) == 0 && part.n + 4 >= whole.n);
		free(small);
	}
	free(buf);
}

static void check_number(const struct scan_token *t)
{
	char text[32];
	int64_t v;
	if (!scan_int64(t, &v) || t->raw.n >= sizeof text)
		return;
	memcpy(text, t->raw.p, t->raw.n);
	text[t->raw.n] = '\0';
	must(v == strtoll(text, NULL, 10));
}

static void check_token(const struct scan_token *t)
{
	if (t->type == SCAN_KEY || t->type == SCAN_STRING)
		check_string(t);
	if (t->type == SCAN_NUMBER)
		check_number(t);
}

/* Scan it all, with the levels kept beside the scanner. */
static struct verdict scan_all(struct str text)
{
	struct scan s;
	struct scan_token t;
	bool is_object[SCAN_MAX_DEPTH];
	unsigned depth = 0;
	size_t behind = 0;
	scan_init(&s, text, SCAN_MAX_DEPTH);
	while (scan_next(&s, &t) > SCAN_ERROR) {
		must(t.offset >= behind && s.at > t.offset && s.at <= text.n);
		behind = s.at;
		check_token(&t);
		if (t.type == SCAN_OBJECT_BEGIN || t.type == SCAN_ARRAY_BEGIN)
			is_object[depth++] = t.type == SCAN_OBJECT_BEGIN;
		else if (t.type == SCAN_OBJECT_END || t.type == SCAN_ARRAY_END)
			must(is_object[--depth] == (t.type == SCAN_OBJECT_END));
		else
			must(t.type != SCAN_KEY || is_object[depth - 1]);
		must(s.depth == depth);
	}
	must(s.at <= text.n && scan_next(&s, &t) == t.type);
	must(t.type == SCAN_END ? depth == 0 && s.at == text.n
				: s.error != SCAN_FINE && t.offset == s.at);
	return (struct verdict){s.error, s.at};
}

/* Skipping the first value whole ends as reading its tokens does. */
static void check_skip(struct str text, struct verdict want)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, text, SCAN_MAX_DEPTH);
	scan_next(&s, &t);
	bool is_fine = scan_skip(&s, &t) && scan_next(&s, &t) == SCAN_END;
	must(is_fine == (want.error == SCAN_FINE));
	must(s.error == want.error && s.at == want.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { BEFORE = 3, AFTER = 4 };
	struct str text = {(const char *)data, size};
	struct verdict v = scan_all(text);
	check_skip(text, v);
	char *spaced = malloc(size + BEFORE + AFTER);
	must(spaced != NULL);
	memcpy(spaced, " \r\n", BEFORE);
	memcpy(spaced + BEFORE, data, size);
	memcpy(spaced + BEFORE + size, "\n\t \r", AFTER);
	struct verdict w = scan_all((struct str){spaced, size + BEFORE + AFTER});
	must((w.error == SCAN_FINE) == (v.error == SCAN_FINE));
	free(spaced);
	return 0;
}

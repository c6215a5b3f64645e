/*
 * A chat in the words of the Responses API: whatever the messages and events are, what is
 * made of them is JSON, and what is taken from them is the inside of JSON strings.
 *
 * Input: the first line as messages, then events, a line each.
 */
#include "text/responses.h"
#include "text/scan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_BYTES = 1 << 20 };

static void check_json(struct str json)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, json, SCAN_MAX_DEPTH);
	while (scan_next(&s, &t) > SCAN_ERROR)
		;
	must(t.type == SCAN_END || s.error == SCAN_ERROR_DEPTH);
}

static void check_inside(struct str s)
{
	char *quoted = malloc(s.n + 2);
	must(quoted != NULL);
	quoted[0] = quoted[s.n + 1] = '"';
	if (s.n > 0)
		memcpy(quoted + 1, s.p, s.n);
	check_json((struct str){quoted, s.n + 2});
	free(quoted);
}

static void check_messages(struct str line)
{
	struct jsonw w;
	struct str json;
	jsonw_init(&w, OUT_BYTES);
	jsonw_begin_array(&w);
	if (responses_input(&w, line)) {
		jsonw_end_array(&w);
		if (jsonw_done(&w, &json))
			check_json(json);
	}
	jsonw_fini(&w);
}

static void check_event(struct str line)
{
	struct response_part p;
	responses_read(line, &p);
	check_inside(p.words);
	check_inside(p.id);
	check_inside(p.name);
	check_inside(p.args);
	check_inside(p.finish);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;
	for (bool is_first = true; p < end; is_first = false) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);
		char *own = malloc(n + 1);
		must(own != NULL);
		memcpy(own, p, n);
		if (is_first)
			check_messages((struct str){own, n});
		else
			check_event((struct str){own, n});
		free(own);
		p += n + 1;
	}
	return 0;
}

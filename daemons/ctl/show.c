/* Times, spans, and the end of a JSON answer. */
#include "ctl/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE_S = 60, HOUR_S = 60 * MINUTE_S, DAY_S = 24 * HOUR_S };

const char *show_time(uint64_t wall_ms, char out[static SHOW_TIME_BYTES])
{
	if (wall_ms == 0)
		snprintf(out, SHOW_TIME_BYTES, "-");
	else
		clock_rfc3339(wall_ms, out);
	return out;
}

const char *show_span(uint64_t ns, char out[static SHOW_SPAN_BYTES])
{
	uint64_t s = ns / NS_PER_S;
	if (s == 0)
		snprintf(out, SHOW_SPAN_BYTES, "%" PRIu64 " ms", ns / NS_PER_MS);
	else if (s < MINUTE_S)
		snprintf(out, SHOW_SPAN_BYTES, "%" PRIu64 ".%" PRIu64 " s", s,
			ns % NS_PER_S / (NS_PER_S / 10));
	else if (s < HOUR_S)
		snprintf(out, SHOW_SPAN_BYTES, "%" PRIu64 " min %" PRIu64 " s",
			s / MINUTE_S, s % MINUTE_S);
	else if (s < DAY_S)
		snprintf(out, SHOW_SPAN_BYTES, "%" PRIu64 " h %" PRIu64 " min",
			s / HOUR_S, s % HOUR_S / MINUTE_S);
	else
		snprintf(out, SHOW_SPAN_BYTES, "%" PRIu64 " d %" PRIu64 " h", s / DAY_S,
			s % DAY_S / HOUR_S);
	return out;
}

const char *show_count(uint64_t n, const char *one, char out[static SHOW_COUNT_BYTES])
{
	snprintf(out, SHOW_COUNT_BYTES, "%" PRIu64 " %s%s", n, one, n == 1 ? "" : "s");
	return out;
}

const char *show_window(uint64_t ns)
{
	return ns > MINUTE_S * NS_PER_S ? "hour" : "minute";
}

void show_json_time(struct jsonw *w, struct str key, uint64_t wall_ms)
{
	char text[SHOW_TIME_BYTES];
	jsonw_key(w, key);
	if (wall_ms == 0) {
		jsonw_null(w);
		return;
	}
	clock_rfc3339(wall_ms, text);
	jsonw_string(w, (struct str){text, strlen(text)});
}

void show_json_text(struct jsonw *w, struct str key, const char *text)
{
	jsonw_key(w, key);
	jsonw_string(w, (struct str){text, strlen(text)});
}

void show_json_u64(struct jsonw *w, struct str key, uint64_t v)
{
	jsonw_key(w, key);
	jsonw_u64(w, v);
}

void show_json(const struct jsonw *w)
{
	struct str out;
	if (jsonw_done(w, &out))
		printf(STR_FMT "\n", STR_ARG(out));
	else
		fprintf(stderr, "atlasctl: the answer is too large\n");
}

void show_damaged(uint64_t n)
{
	char records[SHOW_COUNT_BYTES];
	if (n > 0)
		fprintf(stderr, "atlasctl: left out: %s\n",
			show_count(n, "damaged record", records));
}

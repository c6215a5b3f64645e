/*
 * How atlasctl writes what people read: times, durations, sizes, money; and the last step
 * of every JSON answer. Pure but for the printing.
 */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include "base/clock.h"
#include "text/jsonw.h"

enum {
	SHOW_TIME_BYTES = CLOCK_RFC3339_BYTES,
	SHOW_SPAN_BYTES = 24,
	SHOW_COUNT_BYTES = 40,
	SHOW_JSON_BYTES = 16 << 20 /* more than any answer of ours */
};

/* A wall clock stamp, "-" for 0. Returns out. */
const char *show_time(uint64_t wall_ms, char out[static SHOW_TIME_BYTES]);

/* "350 ms", "12.3 s", "4 min 5 s", "3 h 20 min", "2 d 1 h". Returns out. */
const char *show_span(uint64_t ns, char out[static SHOW_SPAN_BYTES]);

/* Of an upstream limit's window: "minute", "hour". */
const char *show_window(uint64_t ns);

/* "1 request", "2 requests"; one: of what, when it is one. Returns out. */
const char *show_count(uint64_t n, const char *one, char out[static SHOW_COUNT_BYTES]);

/* The key with the stamp as RFC 3339, or null for 0. */
void show_json_time(struct jsonw *w, struct str key, uint64_t wall_ms);

/* The key with a text, or with a number. */
void show_json_text(struct jsonw *w, struct str key, const char *text);
void show_json_u64(struct jsonw *w, struct str key, uint64_t v);

/* Print the whole document and a newline. */
void show_json(const struct jsonw *w);

/* On stderr, unless n is 0. */
void show_damaged(uint64_t n);

#endif

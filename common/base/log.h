/*
 * One structured line per event on stderr: a time, a level, who speaks, an event name
 * and key=value pairs. Every event name stands in base/events.def and nowhere else.
 *
 *	log_event(LOG_INFO, EVENT_FRONT_READY, "channel=%u", ch);
 *	-> 2026-01-02T03:04:05.678Z info front 1 front_ready channel=3
 *
 * or, with LOG_JSON, {"time":…,"level":"info","process":"front 1","event":…,"channel":3}.
 * More than LOGREPEAT_LINES of an event in a second are counted and told as one line,
 * repeated=N; what is written at debug level alone is never left out.
 *
 * A line is one write(2) of at most 2 KiB, so lines of several processes never mix.
 * Never give it a secret: keys and tokens are named by their hash's first 8 digits.
 * Values from strangers go through log_quote().
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/attr.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVELS };

enum log_format { LOG_TEXT, LOG_JSON };

#define EVENT(name) EVENT_##name,
enum log_event_id {
#include "base/events.def"
	EVENT_N
};
#undef EVENT

/* Who speaks in this process's lines ("front 1"); copied, at most 31 bytes. */
void log_init(const char *who, enum log_level level);
void log_set_level(enum log_level level);

/* Would a line of that level be written? For what is dear to put into words. */
bool log_is_on(enum log_level level);

void log_set_format(enum log_format format);

/* Tell what has been counted; whoever logs calls it now and then. */
void log_flush(void);

/* "error" | "warn" | "info" | "debug"; false when it is none of them. */
bool log_level_parse(struct str s, enum log_level *out) ATTR_UNUSED_RESULT;
const char *log_level_name(enum log_level level);
const char *log_event_name(enum log_event_id id);

/* Write one line when level is at or above the threshold. fmt = "key=value …". */
void log_event(enum log_level level, enum log_event_id id, const char *fmt, ...)
	ATTR_PRINTF(3, 4);

enum { LOG_QUOTE_BYTES = 268 }; /* a whole struct err */

/* s as a double-quoted value fit for one line: controls and non-ASCII escaped as \xHH,
 * cut (with "…" as three dots) when long. Returns out. */
const char *log_quote(struct str s, char out[static LOG_QUOTE_BYTES]);

#endif

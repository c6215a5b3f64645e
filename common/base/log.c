/* One structured line per event on stderr. */
#include "base/log.h"

#include "base/clock.h"
#include "base/logjson.h"
#include "base/logrepeat.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EVENT(name) #name,
static const char *const event_names[] = {
#include "base/events.def"
};
#undef EVENT

static const char *const level_names[] = {"error", "warn", "info", "debug"};

/* Per process, set once at its start and on a reload. */
static struct {
	char who[32];
	enum log_level level;
	enum log_format format;
	struct logrepeat repeat[EVENT_N];
	uint32_t n_counted; /* of all kinds, since they were told */
} self = {"atlas", LOG_INFO, LOG_TEXT, {{0}}, 0};

void log_init(const char *who, enum log_level level)
{
	snprintf(self.who, sizeof self.who, "%s", who);
	self.level = level;
}

void log_set_level(enum log_level level)
{
	self.level = level;
}

bool log_is_on(enum log_level level)
{
	return level <= self.level;
}

void log_set_format(enum log_format format)
{
	self.format = format;
}

bool log_level_parse(struct str s, enum log_level *out)
{
	for (unsigned i = 0; i < LOG_LEVELS; i++) {
		if (strlen(level_names[i]) == s.n &&
			memcmp(level_names[i], s.p, s.n) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

const char *log_level_name(enum log_level level)
{
	must(level < LOG_LEVELS);
	return level_names[level];
}

const char *log_event_name(enum log_event_id id)
{
	must(id < EVENT_N);
	return event_names[id];
}

enum { LINE_BYTES = 2048, NAME_BYTES = 40 };

static const char *lower_name(enum log_event_id id, char out[static NAME_BYTES])
{
	size_t n = 0;
	for (const char *p = log_event_name(id); *p && n < NAME_BYTES - 1; p++)
		out[n++] = (char)tolower((unsigned char)*p);
	out[n] = '\0';
	return out;
}

static size_t format_json(enum log_level level, const char *when, const char *name,
	const char *pairs, char line[static LINE_BYTES])
{
	char who[sizeof self.who * 6 + 2];
	size_t n_who = logjson_string(
		(struct str){self.who, strlen(self.who)}, who, sizeof who);
	int n = snprintf(line, LINE_BYTES,
		"{\"time\":\"%s\",\"level\":\"%s\",\"process\":%.*s,\"event\":\"%s\"",
		when, level_names[level], (int)n_who, who, name);
	must(n > 0 && n < LINE_BYTES - 2);
	size_t end = (size_t)n;
	end += logjson_members(pairs, line + end, LINE_BYTES - 2 - end);
	line[end++] = '}';
	return end;
}

static size_t format_text(enum log_level level, const char *when, const char *name,
	const char *pairs, char line[static LINE_BYTES])
{
	int n = snprintf(line, LINE_BYTES - 1, "%s %s %s %s %s", when,
		level_names[level], self.who, name, pairs);
	must(n > 0);
	return MIN((size_t)n, (size_t)LINE_BYTES - 2);
}

static void write_line(enum log_level level, enum log_event_id id, const char *pairs)
{
	char line[LINE_BYTES], name[NAME_BYTES], when[CLOCK_RFC3339_BYTES];
	clock_rfc3339(clock_wall_ms(), when);
	lower_name(id, name);
	size_t n = self.format == LOG_JSON
			   ? format_json(level, when, name, pairs, line)
			   : format_text(level, when, name, pairs, line);
	line[n++] = '\n';
	/* A lost log line must not stop the service. */
	ssize_t put = write(STDERR_FILENO, line, n);
	(void)put;
}

static void tell_repeats(enum log_event_id id, uint32_t n)
{
	char pairs[32];
	if (n == 0)
		return;
	self.n_counted -= n;
	snprintf(pairs, sizeof pairs, "repeated=%u", n);
	write_line(LOG_WARN, id, pairs);
}

void log_flush(void)
{
	if (self.n_counted == 0)
		return;
	uint64_t now_ns = clock_mono_ns();
	for (unsigned i = 0; i < EVENT_N; i++)
		tell_repeats(
			(enum log_event_id)i, logrepeat_flush(&self.repeat[i], now_ns));
}

/* At debug level nothing is left out: whoever set it wants to see it all. */
static bool may_write(enum log_level level, enum log_event_id id)
{
	uint32_t n_more;
	if (level == LOG_DEBUG)
		return true;
	enum logrepeat_verdict v =
		logrepeat_see(&self.repeat[id], clock_mono_ns(), &n_more);
	tell_repeats(id, n_more);
	self.n_counted += v == LOGREPEAT_COUNT;
	return v == LOGREPEAT_WRITE;
}

void log_event(enum log_level level, enum log_event_id id, const char *fmt, ...)
{
	char pairs[LINE_BYTES];
	va_list ap;
	must(id < EVENT_N);
	if (!log_is_on(level) || !may_write(level, id))
		return;
	va_start(ap, fmt);
	int n = vsnprintf(pairs, sizeof pairs, fmt, ap);
	va_end(ap);
	if (n >= 0)
		write_line(level, id, pairs);
}

const char *log_quote(struct str s, char out[static LOG_QUOTE_BYTES])
{
	size_t o = 0;
	out[o++] = '"';
	for (size_t i = 0; i < s.n; i++) {
		if (o > LOG_QUOTE_BYTES - 10) {
			memcpy(out + o, "...", 3);
			o += 3;
			break;
		}
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			o += (size_t)snprintf(out + o, 5, "\\x%02x", c);
		else
			out[o++] = (char)c;
	}
	out[o++] = '"';
	out[o] = '\0';
	return out;
}

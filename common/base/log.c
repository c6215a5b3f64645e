/* One structured line per event on stderr. */
#include "base/log.h"

#include "base/clock.h"

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
} self = {"atlas", LOG_INFO};

void log_init(const char *who, enum log_level level)
{
	snprintf(self.who, sizeof self.who, "%s", who);
	self.level = level;
}

void log_set_level(enum log_level level)
{
	self.level = level;
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

void log_event(enum log_level level, enum log_event_id id, const char *fmt, ...)
{
	if (level > self.level)
		return;
	char line[2048], name[40], when[CLOCK_RFC3339_BYTES];
	size_t i = 0;
	for (const char *p = log_event_name(id); *p && i < sizeof name - 1; p++)
		name[i++] = (char)tolower((unsigned char)*p);
	name[i] = '\0';
	clock_rfc3339(clock_wall_ms(), when);
	int n = snprintf(line, sizeof line, "%s %s %s %s ", when, level_names[level],
		self.who, name);
	must(n > 0 && (size_t)n < sizeof line - 2);
	va_list ap;
	va_start(ap, fmt);
	int m = vsnprintf(line + n, sizeof line - 1 - (size_t)n, fmt, ap);
	va_end(ap);
	size_t end = (size_t)n + (m < 0 ? 0 : (size_t)m);
	if (end > sizeof line - 2)
		end = sizeof line - 2;
	line[end++] = '\n';
	/* A lost log line must not stop the service. */
	ssize_t put = write(STDERR_FILENO, line, end);
	(void)put;
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

/* Lines for a terminal. */
#include "ctl/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const begins[] = {
	[SCREEN_USUAL] = "",
	[SCREEN_BOLD] = "\033[1m",
	[SCREEN_REVERSE] = "\033[7m",
	[SCREEN_ALARM] = "\033[1;31m",
};

static void put(struct screen *s, const char *p, size_t n)
{
	if (n > sizeof s->text - s->n)
		return;
	memcpy(s->text + s->n, p, n);
	s->n += n;
}

static void put_text(struct screen *s, const char *text)
{
	put(s, text, strlen(text));
}

void screen_begin(struct screen *s, int rows, int columns)
{
	s->is_plain = rows == 0;
	s->rows = s->is_plain ? SCREEN_ROWS_MAX : MIN(rows, (int)SCREEN_ROWS_MAX);
	s->columns = MIN(columns, (int)SCREEN_COLUMNS_MAX);
	s->row = 0;
	s->n = 0;
	if (!s->is_plain)
		put_text(s, "\033[H");
}

int screen_left(const struct screen *s)
{
	return s->rows - s->row;
}

/* A session's or a model's name is whatever a client sent. */
static size_t make_harmless(char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || (unsigned char)line[i] > 0x7e)
			line[i] = '?';
	return n;
}

/* Where the line ends; one that is cut says so. */
static size_t cut(char *line, size_t columns)
{
	size_t n = strlen(line);
	while (n > 0 && line[n - 1] == ' ')
		n--;
	if (n <= columns)
		return n;
	line[columns - 1] = SCREEN_CUT;
	return columns;
}

void screen_name(const char *name, int columns, char out[static SCREEN_NAME_BYTES])
{
	size_t most = (size_t)MIN(columns, SCREEN_NAME_BYTES - 1);
	snprintf(out, SCREEN_NAME_BYTES, "%s", name);
	if (strlen(out) <= most)
		return;
	out[most - 1] = SCREEN_CUT;
	out[most] = '\0';
}

void screen_line(struct screen *s, enum screen_style style, const char *fmt, ...)
{
	char line[SCREEN_COLUMNS_MAX + 2]; /* one more than is shown: is it longer? */
	va_list ap;
	if (s->row == s->rows)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	size_t n = make_harmless(line, cut(line, (size_t)s->columns));
	if (s->is_plain) {
		put(s, line, n);
		put_text(s, "\n");
	} else {
		/* The line before ends here: behind the last one nothing may scroll. */
		put_text(s, s->row > 0 ? "\r\n" : "");
		put_text(s, begins[style]);
		put(s, line, n);
		put_text(s, style == SCREEN_USUAL ? "\033[K" : "\033[K\033[0m");
	}
	s->row++;
}

/* How much of text goes into so many columns. */
static size_t fitting(const char *text, size_t columns)
{
	size_t n = strlen(text), at = MIN(n, columns);
	while (at < n && at > 0 && text[at] != ' ')
		at--;
	return at > 0 ? at : MIN(n, columns);
}

void screen_wrap(struct screen *s, const char *before, const char *text)
{
	size_t indent = strlen(before);
	must(indent < (size_t)s->columns);
	do {
		size_t n = fitting(text, (size_t)s->columns - indent);
		screen_line(s, SCREEN_USUAL, "%s%.*s", before, (int)n, text);
		text += n + (text[n] == ' ');
		before = "  ";
		indent = strlen(before);
	} while (*text != '\0' && s->row < s->rows);
}

void screen_end(struct screen *s)
{
	if (!s->is_plain)
		put_text(s, "\033[J");
}

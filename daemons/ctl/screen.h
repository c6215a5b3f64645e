/*
 * A screen of text, put together line by line and written at once: what does not fit is
 * cut, with a ">" at its end, and nothing that came from a client can be a terminal's command. Plain ANSI (ECMA-48,
 * what every terminal of today understands) and no ncurses: a whole repaint a second needs
 * no diff, and this way atlasctl has no library more.
 *
 *	screen_begin(&s, rows, columns);
 *	screen_line(&s, SCREEN_BOLD, "%s", …);
 *	screen_end(&s);                         … s.text, s.n …
 *
 * Full: lines behind the last row are dropped; a line is cut at its column.
 */
#ifndef CTL_SCREEN_H
#define CTL_SCREEN_H

#include "base/attr.h"

enum {
	SCREEN_COLUMNS_MAX = 400,
	SCREEN_ROWS_MAX = 200,
	SCREEN_NAME_BYTES = 132,
	SCREEN_CUT = '>'
};

enum screen_style {
	SCREEN_USUAL,
	SCREEN_BOLD,
	SCREEN_REVERSE, /* a heading */
	SCREEN_ALARM
};

struct screen {
	int rows, columns, row;
	bool is_plain; /* no terminal: neither styles nor moves */
	size_t n;
	char text[SCREEN_ROWS_MAX * (SCREEN_COLUMNS_MAX + 24)];
};

/* rows = 0: as many as come, for what is no terminal. */
void screen_begin(struct screen *s, int rows, int columns);
void screen_line(struct screen *s, enum screen_style style, const char *fmt, ...)
	ATTR_PRINTF(3, 4);
void screen_end(struct screen *s);

/* A name for a field of so many columns, cut like a line; at least one. */
void screen_name(const char *name, int columns, char out[static SCREEN_NAME_BYTES]);

/* A sentence behind `before`, on as many lines as it takes, broken between words. */
void screen_wrap(struct screen *s, const char *before, const char *text);

/* How many more lines there is room for. */
int screen_left(const struct screen *s);

#endif

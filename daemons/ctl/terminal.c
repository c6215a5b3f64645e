/* Between stdout and a terminal. */
#include "ctl/terminal.h"

#include "base/attr.h"
#include "text/chars.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

/* A sign may come in two writes. */
struct guard {
	FILE *out;
	size_t n;
	char sign[4];
};

static bool is_harmful(uint32_t point)
{
	return (point < 0x20 && point != '\n' && point != '\t') ||
	       (point >= 0x7f && point <= 0x9f) || point == 0x61c || point == 0x200e ||
	       point == 0x200f || (point >= 0x202a && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069);
}

static size_t length_by(uint8_t first)
{
	return first < 0xc2   ? 1
	       : first < 0xe0 ? 2
	       : first < 0xf0 ? 3
	       : first < 0xf5 ? 4
			      : 1;
}

static uint32_t point_of(const struct guard *g)
{
	uint32_t point = (uint8_t)g->sign[0];
	if (g->n > 1)
		point &= 0x7fu >> g->n;
	for (size_t i = 1; i < g->n; i++)
		point = point << 6 | ((uint8_t)g->sign[i] & 0x3f);
	return point;
}

/* Bytes that are no UTF-8, each by itself. */
static void put_strays(struct guard *g)
{
	for (size_t i = 0; i < g->n; i++)
		fprintf(g->out, "\\u%04x", (uint8_t)g->sign[i]);
	g->n = 0;
}

static void put_sign(struct guard *g)
{
	uint32_t point = point_of(g);
	bool is_ascii = (uint8_t)g->sign[0] < 0x80;
	if (!is_ascii && chars_sequence(g->sign, g->n) != g->n)
		put_strays(g);
	else if (is_harmful(point))
		fprintf(g->out, "\\u%04" PRIx32, point);
	else
		fwrite(g->sign, 1, g->n, g->out);
	g->n = 0;
}

static void put_byte(struct guard *g, char byte)
{
	bool goes_on = ((uint8_t)byte & 0xc0) == 0x80;
	if (g->n > 0 && !goes_on)
		put_strays(g);
	g->sign[g->n++] = byte;
	if (g->n == length_by((uint8_t)g->sign[0]))
		put_sign(g);
}

static ssize_t on_write(void *cookie, const char *p, size_t n)
{
	struct guard *g = cookie;
	for (size_t i = 0; i < n; i++)
		put_byte(g, p[i]);
	return fflush(g->out) == 0 && !ferror(g->out) ? (ssize_t)n : 0;
}

void terminal_size(int *rows, int *columns)
{
	struct winsize w = {0};
	*rows = 24;
	*columns = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0) {
		*rows = w.ws_row;
		*columns = w.ws_col;
	}
}

void terminal_guard(void)
{
	static struct guard self; /* as long as stdout */
	const cookie_io_functions_t io = {.write = on_write};
	if (!isatty(STDOUT_FILENO))
		return;
	self.out = stdout;
	FILE *guarded = fopencookie(&self, "w", io);
	must(guarded != NULL && setvbuf(guarded, NULL, _IOLBF, 0) == 0);
	stdout = guarded;
}

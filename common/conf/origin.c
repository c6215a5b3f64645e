/* The first words of every configuration error. */
#include "conf/origin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SHOWN = 90 };

bool origin_error(const struct origin *o, struct err *e, const char *fmt, ...)
{
	char sentence[sizeof e->text], line[16] = "";
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof sentence, fmt, ap);
	va_end(ap);
	if (o->path == NULL)
		return err_set(e, "%s", sentence);
	size_t n = strlen(o->path);
	bool is_cut = n > PATH_SHOWN;
	const char *path = is_cut ? o->path + n - PATH_SHOWN : o->path;
	if (o->line != 0)
		snprintf(line, sizeof line, ":%u", o->line);
	return err_set(e, "%s%s%s: %s", is_cut ? "..." : "", path, line, sentence);
}

const char *origin_show(struct str text, char out[static ORIGIN_SHOWN_BYTES])
{
	size_t max = ORIGIN_SHOWN_BYTES - 4, n = MIN(text.n, max);
	/* never cut inside a UTF-8 character */
	while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		out[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	snprintf(out + n, ORIGIN_SHOWN_BYTES - n, "%s", n < text.n ? "..." : "");
	return out;
}

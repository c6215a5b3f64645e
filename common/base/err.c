/* An error for humans. No allocation, no global state. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ATTR_PRINTF(3, 0)
static void fill(struct err *e, int errnum, const char *fmt, va_list ap)
{
	if (e == NULL || e->text[0] != '\0')
		return;
	int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	if (errnum != 0 && n >= 0 && (size_t)n < sizeof e->text)
		snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s",
			strerror(errnum));
}

bool err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(e, 0, fmt, ap);
	va_end(ap);
	return false;
}

bool err_sys(struct err *e, const char *fmt, ...)
{
	int errnum = errno;
	va_list ap;
	va_start(ap, fmt);
	fill(e, errnum, fmt, ap);
	va_end(ap);
	return false;
}

/*
 * What is different between two settings, one thing at a time, in words for people: the
 * master tells it after a reload. Pure.
 *
 *	unsigned n = differences_tell(&old, &new, fn, arg);	0 = nothing
 *
 *	[limits] requests_per_minute   60 → 70
 *	[model gpt-4o] tokens_per_hour not set → 5000
 *	[client] deny                  changed
 *
 * No secret: of a URL only what url_show() shows; the phrases of deny are the operator's
 * affair, and a tool's section is too long for a line.
 */
#ifndef CONF_DIFFERENCES_H
#define CONF_DIFFERENCES_H

#include "conf/settings.h"

enum { DIFFERENCE_NAME_BYTES = 80, DIFFERENCE_VALUE_BYTES = 72 };

struct difference {
	char name[DIFFERENCE_NAME_BYTES];
	/* Cut with three dots when they are long. Both "" = changed, and no more is said;
	 * a text that is set to nothing is "empty". */
	char old[DIFFERENCE_VALUE_BYTES], now[DIFFERENCE_VALUE_BYTES];
};

typedef void difference_fn(void *arg, const struct difference *d);

/* Returns how many. */
unsigned differences_tell(const struct settings *old, const struct settings *now,
	difference_fn *fn, void *arg);

#endif

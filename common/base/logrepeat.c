/* So many lines a second. */
#include "base/logrepeat.h"

#include "base/clock.h"

uint32_t logrepeat_flush(struct logrepeat *r, uint64_t now_ns)
{
	uint32_t n = r->n_counted;
	if (now_ns < r->until_ns)
		return 0;
	*r = (struct logrepeat){0};
	return n;
}

enum logrepeat_verdict logrepeat_see(
	struct logrepeat *r, uint64_t now_ns, uint32_t *n_more)
{
	*n_more = logrepeat_flush(r, now_ns);
	if (r->until_ns == 0)
		r->until_ns = now_ns + NS_PER_S;
	if (r->n_written == LOGREPEAT_LINES) {
		r->n_counted++;
		return LOGREPEAT_COUNT;
	}
	r->n_written++;
	return LOGREPEAT_WRITE;
}

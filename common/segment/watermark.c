/* A position in dispatch's lane. */
#include "segment/watermark.h"

struct watermark watermark_take(const struct segment *s)
{
	struct watermark w = {0};
	if (segment_facts(s, SLOT_DISPATCH, &w.lane))
		w.position = facts_position(&w.lane);
	return w;
}

bool watermark_is_written(const struct watermark *w)
{
	return w->position == 0 || facts_committed(&w->lane) >= w->position;
}

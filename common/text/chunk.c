/* The verdict on one chunk of a stream whose client did not ask for usage. */
#include "text/chunk.h"

#include <string.h>

bool chunk_is_done(struct str data)
{
	struct str done = STR("[DONE]");
	return data.n == done.n && memcmp(data.p, done.p, done.n) == 0;
}

enum chunk_verdict chunk_judge(const struct usage_view *view, struct edit *cut)
{
	if (view->has_error || view->member_n == 0)
		return CHUNK_PASS;
	if (view->state != USAGE_ABSENT && !view->has_choices)
		return CHUNK_DROP;
	*cut = (struct edit){.offset = view->member_at, .n_delete = view->member_n};
	return CHUNK_CUT;
}

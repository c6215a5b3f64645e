/* A position that should move. */
#include "decide/commit_watch.h"

#define HOLD_AFTER_NS   UINT64_C(1000000000)
#define REFUSE_AFTER_NS UINT64_C(5000000000)

void commit_watch_see(struct commit_watch *w, bool is_open, uint64_t position,
	uint64_t committed, uint64_t now_ns)
{
	bool has_moved = committed != w->committed;
	w->is_open = is_open;
	w->committed = committed;
	if (is_open && committed == position)
		w->since_ns = 0;
	else if (has_moved || w->since_ns == 0)
		w->since_ns = now_ns;
}

static bool has_stood(const struct commit_watch *w, uint64_t now_ns, uint64_t ns)
{
	return w->since_ns != 0 && now_ns >= w->since_ns && now_ns - w->since_ns >= ns;
}

bool commit_watch_may_spend(const struct commit_watch *w, uint64_t now_ns)
{
	return w->is_open && !has_stood(w, now_ns, HOLD_AFTER_NS);
}

bool commit_watch_is_lost(const struct commit_watch *w, uint64_t now_ns)
{
	return has_stood(w, now_ns, REFUSE_AFTER_NS);
}

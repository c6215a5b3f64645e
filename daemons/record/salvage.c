/* Facts out of a segment that was left behind. */
#include "record/salvage.h"

#include "base/log.h"
#include "record/harvest.h"
#include "record/unended.h"
#include "segment/left.h"

#include <string.h>
#include <unistd.h>

static bool take_all(struct harvest *h, struct ledger *l, uint64_t *n, struct err *e)
{
	while (harvest_is_ripe(h)) {
		struct harvest_yield y;
		if (!ledger_begin(l, e))
			return false;
		harvest_apply(h, l, &y);
		if (!ledger_commit(l, e))
			return false;
		*n += y.n_applied;
	}
	return true;
}

static bool read_segment(const struct segment *s, struct ledger *l, uint64_t now_ms,
	bool is_rehearsal, struct err *e)
{
	static struct harvest h; /* too large for a stack */
	struct ledger_found found = {0};
	uint64_t n = 0, instance = s->shared->header.instance;
	if (!ledger_follow(l, instance, now_ms, &found, e))
		return false;
	bool is_read = harvest_find(&h, s, l);
	if (!is_read)
		log_event(LOG_ERROR, EVENT_LEDGER_BAD_FACT,
			"text=\"the fact lanes of the segment left behind are broken\"");
	bool ok = !is_read || take_all(&h, l, &n, e);
	ok = ok && unended_write(s, l, now_ms, &n, e);
	if (ok && !is_rehearsal)
		log_event(
			LOG_WARN, EVENT_SALVAGED, "facts=%llu", (unsigned long long)n);
	return ok;
}

static void give_up(const struct err *why)
{
	char text[LOG_QUOTE_BYTES];
	struct str t = {why->text, strlen(why->text)};
	log_event(LOG_ERROR, EVENT_WARNING,
		"text=\"a segment left behind is given up, with all that the ledger does "
		"not have of it\" why=%s",
		log_quote(t, text));
}

static bool read_left(const char *path, struct ledger *l, uint64_t now_ms,
	bool is_rehearsal, struct err *e)
{
	struct segment left;
	struct err why = {0};
	if (!segment_open(&left, path, &why)) {
		if (!is_rehearsal)
			give_up(&why);
		return true;
	}
	bool ok = read_segment(&left, l, now_ms, is_rehearsal, e);
	segment_close(&left);
	return ok;
}

bool salvage(struct ledger *l, const char *run_dir, uint64_t now_ms, bool is_rehearsal,
	struct err *e)
{
	struct left_list left;
	char path[LEFT_PATH_BYTES];
	if (!left_find(&left, run_dir, e))
		return false;
	for (uint32_t i = 0; i < left.n; i++) {
		left_path(path, run_dir, left.number[i]);
		if (!read_left(path, l, now_ms, is_rehearsal, e))
			return false;
		if (!is_rehearsal)
			(void)unlink(path);
	}
	return true;
}

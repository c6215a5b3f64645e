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

static bool read_segment(const struct segment *s, const struct settings *settings,
	uint64_t now_ms, struct err *e)
{
	struct ledger_plan plan = {.data_dir = settings->data_dir,
		.max_bytes = settings->ledger_max_bytes,
		.instance = s->shared->header.instance,
		.now_ms = now_ms};
	static struct harvest h; /* too large for a stack */
	struct ledger_found found;
	struct ledger *l = NULL;
	uint64_t n = 0;
	if (!ledger_open(&l, &plan, &found, e))
		return false;
	bool is_read = harvest_find(&h, s, l);
	if (!is_read)
		log_event(LOG_ERROR, EVENT_LEDGER_BAD_FACT,
			"text=\"the fact lanes of the segment left behind are broken\"");
	bool ok = !is_read || take_all(&h, l, &n, e);
	ok = ok && unended_write(s, l, now_ms, &n, e);
	ledger_close(l);
	if (ok)
		log_event(
			LOG_WARN, EVENT_SALVAGED, "facts=%llu", (unsigned long long)n);
	return ok;
}

static bool read_left(
	const char *path, const struct settings *s, uint64_t now_ms, struct err *e)
{
	struct segment left;
	struct err why = {0};
	if (!segment_open(&left, path, &why)) {
		char text[LOG_QUOTE_BYTES];
		struct str t = {why.text, strlen(why.text)};
		log_event(LOG_ERROR, EVENT_WARNING, "text=%s", log_quote(t, text));
		return true;
	}
	bool ok = read_segment(&left, s, now_ms, e);
	segment_close(&left);
	return ok;
}

bool salvage(const struct settings *s, uint64_t now_ms, struct err *e)
{
	char path[LEFT_PATH_BYTES];
	for (uint32_t n = 0; n < LEFT_MOST; n++) {
		left_path(path, s->run_dir, n);
		if (access(path, F_OK) != 0)
			continue;
		if (!read_left(path, s, now_ms, e))
			return false;
		(void)unlink(path);
	}
	return true;
}

/* Options and surveys. */
#include "ctl/reading.h"

#include "base/clock.h"
#include "base/num.h"
#include "ctl/show.h"
#include "store/query.h"

#include <inttypes.h>
#include <string.h>

static bool take_number(const struct ctl *c, const char *option, const char *text,
	uint64_t most, uint64_t *out)
{
	struct str s = {text, strlen(text)};
	if (num_parse_u64(s, out) && *out >= 1 && *out <= most)
		return true;
	ctl_fail(c, CTL_USAGE, "%s takes 1 to %" PRIu64 ", not \"%s\"", option, most,
		text);
	return false;
}

bool reading_hours(const struct ctl *c, const char *text, uint64_t *hours)
{
	return take_number(c, "--hours", text, READING_HOURS_MAX, hours);
}

static bool take_option(
	const struct ctl *c, const char *option, const char *value, struct reading *r)
{
	const char *name = option + 2;
	if (strcmp(name, "hours") == 0)
		return reading_hours(c, value, &r->hours);
	if (strcmp(name, "limit") == 0)
		return take_number(c, option, value, READING_LIMIT_MAX, &r->limit);
	const char **to = strcmp(name, "error") == 0     ? &r->error
			  : strcmp(name, "model") == 0   ? &r->model
			  : strcmp(name, "session") == 0 ? &r->session
							 : &r->format;
	*to = value;
	return true;
}

bool reading_parse(const struct ctl *c, struct reading *r)
{
	*r = (struct reading){.hours = READING_HOURS, .limit = READING_LIMIT};
	for (int i = 0; i < c->n_args; i++) {
		if (strncmp(c->arg[i], "--", 2) != 0)
			r->word = c->arg[i];
		else if (!take_option(c, c->arg[i], c->arg[i + 1], r))
			return false;
		else
			i++;
	}
	return true;
}

enum ctl_exit reading_survey(const struct ctl *c, struct store *s,
	const struct survey_want *want, struct survey *v)
{
	struct survey_want w = *want;
	struct query_summary sum;
	struct err e = {0};
	enum query_verdict verdict = QUERY_MORE;
	*v = (struct survey){0};
	if (!store_hold(s, &e) || !query_summary(s, &sum, &e))
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	w.now_ms = clock_wall_ms();
	memcpy(w.kept_ms, sum.kept_ms, sizeof w.kept_ms);
	survey_init(v, &w);
	while (verdict == QUERY_MORE)
		verdict = survey_slice(s, v, &e);
	store_release(s);
	show_damaged(v->n_bad);
	return verdict == QUERY_DONE ? CTL_DONE
				     : ctl_fail(c, CTL_REFUSED, "%s", e.text);
}

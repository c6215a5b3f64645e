/* Weather by the clock. */
#include "scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const limit_names[] = {"rpm", "tpm", "cotenant_rpm", "cotenant_tpm"};

bool limits_set(struct limits_change *c, struct slice key, struct slice value)
{
	for (size_t i = 0; i < N_ELEMENTS(limit_names); i++) {
		if (!slice_is(key, limit_names[i]))
			continue;
		c->has[i] = parse_double(value, &c->value[i]);
		return c->has[i];
	}
	return false;
}

void limits_apply(const struct limits_change *c, struct limiter *l)
{
	if (c->has[0])
		l->rpm = (uint64_t)c->value[0];
	if (c->has[1])
		l->tpm = (uint64_t)c->value[1];
	if (c->has[2])
		l->cotenant_rpm = c->value[2];
	if (c->has[3])
		l->cotenant_tpm = c->value[3];
}

bool rule_set(
	struct weather_rule *r, uint64_t *for_ns, struct slice key, struct slice value)
{
	if (slice_is(key, "probability"))
		return parse_double(value, &r->probability) && r->probability <= 1;
	if (slice_is(key, "count"))
		return parse_u64(value, &r->left);
	if (slice_is(key, "for"))
		return parse_duration(value, for_ns);
	return wish_set(&r->wish, key, value);
}

static bool parse_weather(struct scenario_step *s, struct slice rest)
{
	struct slice mode = slice_word(&rest);
	s->rule = weather_always();
	if (!wish_set(&s->rule.wish, SLICE("mode"), mode))
		return false;
	for (;;) {
		struct slice key = slice_word(&rest);
		if (key.n == 0)
			return true;
		if (!rule_set(&s->rule, &s->for_ns, key, slice_word(&rest)))
			return false;
	}
}

static bool parse_limits(struct scenario_step *s, struct slice rest)
{
	for (;;) {
		struct slice key = slice_word(&rest);
		if (key.n == 0)
			return true;
		if (!limits_set(&s->limits, key, slice_word(&rest)))
			return false;
	}
}

static bool parse_step(struct scenario_step *s, struct slice line)
{
	*s = (struct scenario_step){0};
	if (!slice_is(slice_word(&line), "at") ||
		!parse_duration(slice_word(&line), &s->at_ns))
		return false;
	struct slice verb = slice_word(&line);
	if (slice_is(verb, "weather")) {
		s->what = SCENARIO_WEATHER;
		return parse_weather(s, line);
	}
	if (slice_is(verb, "limits")) {
		s->what = SCENARIO_LIMITS;
		return parse_limits(s, line);
	}
	s->what = SCENARIO_CLEAR;
	return slice_is(verb, "clear") && slice_word(&line).n == 0;
}

static bool add_step(struct scenario *s, struct slice line)
{
	struct scenario_step step;
	if (!parse_step(&step, line))
		return false;
	if (s->n > 0 && s->steps[s->n - 1].at_ns > step.at_ns)
		return false;
	s->steps = grow(s->steps, (s->n + 1) * sizeof *s->steps);
	s->steps[s->n++] = step;
	return true;
}

bool scenario_load(struct scenario *s, const char *path, char *why, size_t why_n)
{
	FILE *f = fopen(path, "re");
	if (f == NULL) {
		snprintf(why, why_n, "%s: %s", path, strerror(errno));
		return false;
	}
	char *text = NULL;
	size_t cap = 0, line_no = 0;
	bool ok = true;
	for (ssize_t n; ok && (n = getline(&text, &cap, f)) >= 0;) {
		struct slice line = slice_trim((struct slice){text, (size_t)n});
		line_no++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		ok = add_step(s, line);
		if (!ok)
			snprintf(why, why_n,
				"%s:%zu: not a sentence of a scenario, or earlier than the "
				"one before",
				path, line_no);
	}
	free(text);
	fclose(f);
	return ok;
}

static void carry_out(const struct scenario_step *s, uint64_t now_ns, struct weather *w,
	struct limiter *l)
{
	struct weather_rule rule = s->rule;
	switch (s->what) {
	case SCENARIO_WEATHER:
		if (s->for_ns > 0)
			rule.until_ns = now_ns + s->for_ns;
		if (!weather_add(w, &rule))
			fprintf(stderr,
				"openai-sim: scenario: too many rules at once\n");
		break;
	case SCENARIO_CLEAR:
		weather_clear(w);
		break;
	case SCENARIO_LIMITS:
		limits_apply(&s->limits, l);
		break;
	}
}

uint64_t scenario_advance(struct scenario *s, uint64_t since_start_ns, uint64_t now_ns,
	struct weather *w, struct limiter *l)
{
	while (s->next < s->n && s->steps[s->next].at_ns <= since_start_ns)
		carry_out(&s->steps[s->next++], now_ns, w, l);
	return s->next < s->n ? s->steps[s->next].at_ns : UINT64_MAX;
}

void scenario_fini(struct scenario *s)
{
	free(s->steps);
}

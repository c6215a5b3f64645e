/* What falls on requests from outside. */
#include "weather.h"

#include <string.h>

void weather_init(struct weather *w, uint64_t seed)
{
	*w = (struct weather){.chance = seed};
}

struct weather_rule weather_always(void)
{
	return (struct weather_rule){
		.probability = 1, .left = UINT64_MAX, .until_ns = UINT64_MAX};
}

bool weather_add(struct weather *w, const struct weather_rule *rule)
{
	if (w->n == WEATHER_RULES)
		return false;
	w->rules[w->n++] = *rule;
	return true;
}

void weather_clear(struct weather *w)
{
	w->n = 0;
}

static bool is_early(const struct weather_rule *r)
{
	return r->wish.mode != NULL && r->wish.mode->kind == MODE_EARLY;
}

bool weather_has_early(const struct weather *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (is_early(&w->rules[i]))
			return true;
	return false;
}

static bool draw(struct weather *w, double probability)
{
	w->chance += UINT64_C(0x9e3779b97f4a7c15);
	double x = (double)(mix64(w->chance) >> 11) * 0x1p-53;
	return x < probability;
}

static bool fires(struct weather *w, struct weather_rule *r)
{
	if (!draw(w, r->probability))
		return false;
	if (r->left != UINT64_MAX)
		r->left--;
	return true;
}

/* Rules that are used up or over go away, the others keep their order. */
static void drop_spent(struct weather *w, uint64_t now_ns)
{
	size_t kept = 0;
	for (size_t i = 0; i < w->n; i++)
		if (w->rules[i].left > 0 && w->rules[i].until_ns > now_ns)
			w->rules[kept++] = w->rules[i];
	w->n = kept;
}

bool weather_dies_early(struct weather *w, uint64_t now_ns)
{
	drop_spent(w, now_ns);
	for (size_t i = 0; i < w->n; i++)
		if (is_early(&w->rules[i]) && fires(w, &w->rules[i]))
			return true;
	return false;
}

/* A rule that could not have its way must not be used up by asking it. */
static bool may_fire(
	const struct weather_rule *r, const struct wish *so_far, bool reused)
{
	const struct mode *m = r->wish.mode;
	if (m == NULL)
		return true;
	return so_far->mode == NULL && m->kind != MODE_EARLY &&
	       (reused || !m->reused_only);
}

void weather_fill(struct weather *w, uint64_t now_ns, bool reused, struct wish *wish)
{
	drop_spent(w, now_ns);
	for (size_t i = 0; i < w->n; i++) {
		struct weather_rule *r = &w->rules[i];
		if (may_fire(r, wish, reused) && fires(w, r))
			wish_fill(wish, &r->wish);
	}
}

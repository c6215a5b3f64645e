/* atlasctl prices: what the catalogue in force says that models cost now. */
#include "base/clock.h"
#include "base/num.h"
#include "conf/models.h"
#include "ctl/show.h"
#include "ctl/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Pico-dollars a token are as many micro-dollars a million of them. */
enum { PRICE_PLACES = 6 };

static bool is_asked(
	const struct ctl *c, const struct models *all, const struct model *m)
{
	if (c->n_args == 0)
		return true;
	return models_find(all, (struct str){c->arg[0], strlen(c->arg[0])}) == m;
}

/* As many places as the finest price of the list needs, at least cents: all of it has them,
 * so that one figure under another compares. */
static unsigned places_of(uint64_t pico)
{
	unsigned places = PRICE_PLACES;
	for (; places > 2 && pico % 10 == 0; places--)
		pico /= 10;
	return places;
}

static unsigned places_of_model(const struct model *m, uint64_t now_ms)
{
	const struct model_price *p = model_price_at(m, now_ms);
	unsigned most = 0;
	for (unsigned tier = 0; tier < MODEL_TIERS; tier++) {
		const struct model_rate *r = &p->usual[tier];
		most = MAX(most, places_of(r->input));
		most = MAX(most, places_of(r->cached));
		most = MAX(most, places_of(r->output));
	}
	return most;
}

static void print_price(uint64_t pico, unsigned places)
{
	char text[NUM_FIXED_BYTES];
	size_t n = num_format_fixed(pico, PRICE_PLACES, text);
	printf(" %12.*s", (int)(n - (PRICE_PLACES - places)), text);
}

static void print_model(const struct model *m, uint64_t now_ms, unsigned places)
{
	const struct model_price *p = model_price_at(m, now_ms);
	for (unsigned tier = 0; tier < MODEL_TIERS; tier++) {
		const struct model_rate *r = &p->usual[tier];
		if (!r->is_given)
			continue;
		printf("%-32s %-10s", m->name, model_tier_name((enum model_tier)tier));
		print_price(r->input, places);
		print_price(r->cached, places);
		print_price(r->output, places);
		printf("\n");
	}
}

static void put_price(struct jsonw *w, struct str key, uint64_t pico)
{
	jsonw_key(w, key);
	jsonw_fixed(w, (int64_t)MIN(pico, (uint64_t)INT64_MAX), PRICE_PLACES);
}

static void json_model(struct jsonw *w, const struct model *m, uint64_t now_ms)
{
	const struct model_price *p = model_price_at(m, now_ms);
	jsonw_begin_object(w);
	show_json_text(w, STR("model"), m->name);
	jsonw_key(w, STR("tiers"));
	jsonw_begin_object(w);
	for (unsigned tier = 0; tier < MODEL_TIERS; tier++) {
		const struct model_rate *r = &p->usual[tier];
		const char *name = model_tier_name((enum model_tier)tier);
		if (!r->is_given)
			continue;
		jsonw_key(w, (struct str){name, strlen(name)});
		jsonw_begin_object(w);
		put_price(w, STR("input"), r->input);
		put_price(w, STR("cached"), r->cached);
		put_price(w, STR("output"), r->output);
		jsonw_end_object(w);
	}
	jsonw_end_object(w);
	jsonw_end_object(w);
}

static void print_all(const struct ctl *c, const struct models *all)
{
	uint64_t now_ms = clock_wall_ms();
	unsigned places = 0;
	printf("%-32s %-10s %12s %12s %12s\n", "MODEL ($ per million tokens)", "TIER",
		"INPUT", "CACHED", "OUTPUT");
	for (size_t i = 0; i < models_count(all); i++)
		if (is_asked(c, all, models_get(all, i)))
			places = MAX(
				places, places_of_model(models_get(all, i), now_ms));
	for (size_t i = 0; i < models_count(all); i++)
		if (is_asked(c, all, models_get(all, i)))
			print_model(models_get(all, i), now_ms, places);
}

static void json_all(const struct ctl *c, const struct models *all)
{
	struct jsonw w;
	char version[32];
	snprintf(version, sizeof version, "%016" PRIx64, models_price_version(all));
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	show_json_text(&w, STR("unit"), "USD per million tokens");
	show_json_text(&w, STR("price_version"), version);
	jsonw_key(&w, STR("models"));
	jsonw_begin_array(&w);
	for (size_t i = 0; i < models_count(all); i++)
		if (is_asked(c, all, models_get(all, i)))
			json_model(&w, models_get(all, i), clock_wall_ms());
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
}

enum ctl_exit ctl_prices(struct ctl *c)
{
	struct segment s;
	struct err e = {0};
	enum ctl_exit status = target_open_segment(c, &s);
	if (status != CTL_DONE)
		return status;
	struct models *all = target_read_catalogue(&s, &e);
	segment_close(&s);
	if (all == NULL)
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	bool is_known = c->n_args == 0 ||
			models_find(all, (struct str){c->arg[0], strlen(c->arg[0])});
	if (!is_known)
		status = ctl_fail(c, CTL_REFUSED,
			"the catalogue has no model \"%s\"; what it costs is then told as "
			"unpriced",
			c->arg[0]);
	else if (c->is_json)
		json_all(c, all);
	else
		print_all(c, all);
	models_free(all);
	return status;
}

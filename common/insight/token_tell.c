/* Tokens for people and programs. */
#include "insight/token_tell.h"

#include "base/num.h"
#include "decide/clientgate.h"
#include "insight/tell.h"
#include "segment/client_use.h"
#include "segment/tokens.h"

#include <string.h>

/* ---- what holds, and what is used of it --------------------------------------------------- */

static uint64_t use_of_rate(const struct token_teller *teller, uint32_t ix,
	const struct client_limits *l, enum client_limit which)
{
	struct bucket_rate rate;
	uint64_t tat = client_use_tat(teller->clients, ix, (enum client_rate)which);
	if (!gate_rate(l, which, teller->settings->client_burst_percent, &rate))
		return 0;
	return gate_rate_used(&rate, tat, teller->now_ns);
}

static void look_at_use(
	const struct token_teller *teller, uint32_t ix, struct token_told *out)
{
	uint64_t spent[PERIODS];
	struct client_use held = client_use_held(teller->clients, ix);
	client_use_spent(teller->clients, ix, teller->now_ms, spent);
	client_use_refused(teller->clients, ix, teller->now_ms, out->refused_ms);
	for (unsigned i = 0; i < GATE_RATES; i++)
		out->use[i] =
			use_of_rate(teller, ix, &out->limits, (enum client_limit)i);
	out->use[CLIENT_LIMIT_concurrent] = held.requests;
	for (unsigned p = 0; p < PERIODS; p++)
		out->use[CLIENT_LIMIT_budget_day + p] =
			num_add_sat(spent[p], held.nanousd);
	out->has_use = true;
}

void token_told(const struct token_teller *teller, const struct token *t,
	struct token_told *out)
{
	struct client_limits defaults;
	*out = (struct token_told){.limits = t->limits};
	if (teller->clients == NULL || teller->settings == NULL)
		return;
	gate_defaults(teller->settings, &defaults);
	client_limits_fill(&out->limits, &defaults);
	out->is_in_force = true;
	const struct client *entry = clients_find(teller->clients, t->hash);
	if (entry != NULL)
		look_at_use(teller, clients_index_of(teller->clients, entry), out);
}

bool token_told_is_limit(const struct token_told *told, enum client_limit which)
{
	const struct client_limits *l = &told->limits;
	if (!client_limit_is_said(l, which))
		return false;
	switch (client_limit_unit(which)) {
	case CLIENT_UNIT_PRIORITY:
		return client_limit_get(l, which) < GATE_PRIORITY_HIGHEST;
	case CLIENT_UNIT_MODELS:
		return strcmp(l->models, "*") != 0;
	case CLIENT_UNIT_COUNT:
	case CLIENT_UNIT_USD:
		break;
	}
	return client_limit_get(l, which) > 0;
}

bool token_told_has_use(const struct token_told *told, enum client_limit which)
{
	return told->has_use && which <= CLIENT_LIMIT_budget_month;
}

const char *token_told_use(const struct token_told *told, enum client_limit which,
	char out[static CLIENT_MODELS_BYTES])
{
	struct client_limits as = {0};
	must(which < CLIENT_NUMBERS);
	client_limit_set_number(&as, which, told->use[which]);
	if (told->use[which] == 0)
		return memcpy(out, "0", sizeof "0");
	return client_limit_format(&as, which, out);
}

/* ---- as JSON -------------------------------------------------------------------------------- */

static void put_number(struct jsonw *w, enum client_limit which, uint64_t n)
{
	const char *name = client_priority_name(n);
	switch (client_limit_unit(which)) {
	case CLIENT_UNIT_USD:
		jsonw_usd(w, n);
		return;
	case CLIENT_UNIT_PRIORITY:
		jsonw_string(w, (struct str){name, strlen(name)});
		return;
	case CLIENT_UNIT_COUNT:
	case CLIENT_UNIT_MODELS:
		break;
	}
	jsonw_u64(w, n);
}

static void put_limit(
	struct jsonw *w, const struct client_limits *l, enum client_limit which)
{
	if (which == CLIENT_LIMIT_models)
		jsonw_string(w,
			(struct str){l->models, strnlen(l->models, sizeof l->models)});
	else
		put_number(w, which, client_limit_get(l, which));
}

static void put_key(struct jsonw *w, enum client_limit which)
{
	const char *name = client_limit_name(which);
	jsonw_key(w, (struct str){name, strlen(name)});
}

void token_tell_limits(struct jsonw *w, const struct client_limits *l)
{
	jsonw_key(w, STR("limits"));
	jsonw_begin_object(w);
	for (unsigned i = 0; i < CLIENT_LIMITS; i++) {
		put_key(w, (enum client_limit)i);
		if (client_limit_is_said(l, (enum client_limit)i))
			put_limit(w, l, (enum client_limit)i);
		else
			jsonw_null(w);
	}
	jsonw_end_object(w);
}

static void put_in_force(struct jsonw *w, const struct token_told *told)
{
	jsonw_key(w, STR("in_force"));
	if (!told->is_in_force) {
		jsonw_null(w);
		return;
	}
	jsonw_begin_object(w);
	for (unsigned i = 0; i < CLIENT_LIMITS; i++) {
		put_key(w, (enum client_limit)i);
		if (token_told_is_limit(told, (enum client_limit)i))
			put_limit(w, &told->limits, (enum client_limit)i);
		else
			jsonw_null(w);
	}
	jsonw_end_object(w);
}

static void put_use(struct jsonw *w, const struct token_told *told)
{
	jsonw_key(w, STR("use"));
	if (!told->has_use) {
		jsonw_null(w);
		return;
	}
	jsonw_begin_object(w);
	for (unsigned i = 0; i <= CLIENT_LIMIT_budget_month; i++) {
		put_key(w, (enum client_limit)i);
		put_number(w, (enum client_limit)i, told->use[i]);
	}
	jsonw_end_object(w);
}

static void put_refused(struct jsonw *w, const struct token_told *told)
{
	jsonw_key(w, STR("refused_at"));
	if (!told->has_use) {
		jsonw_null(w);
		return;
	}
	jsonw_begin_object(w);
	for (unsigned p = 0; p < PERIODS; p++) {
		const char *name = client_limit_name(
			(enum client_limit)(CLIENT_LIMIT_budget_day + p));
		tell_time(w, (struct str){name, strlen(name)}, told->refused_ms[p]);
	}
	jsonw_end_object(w);
}

void token_tell_unknown_models(struct jsonw *w, const struct known_models *known,
	const struct client_limits *l)
{
	struct str name;
	jsonw_key(w, STR("unknown_models"));
	jsonw_begin_array(w);
	for (size_t at = 0; unknown_models_next(known, l, &at, &name);)
		jsonw_string(w, name);
	jsonw_end_array(w);
}

void token_tell(
	const struct token_teller *teller, const struct token *t, struct jsonw *w)
{
	struct token_told told;
	char id[TOKEN_ID_BYTES];
	token_told(teller, t, &told);
	token_id_format(t->id, id);
	jsonw_begin_object(w);
	tell_text(w, STR("id"), id);
	tell_text(w, STR("name"), t->name);
	tell_text(w, STR("role"), client_role_name((enum client_role)t->role));
	tell_time(w, STR("created_at"), t->created_ms);
	tell_time(w, STR("revoked_at"), t->revoked_ms);
	token_tell_limits(w, &t->limits);
	put_in_force(w, &told);
	put_use(w, &told);
	put_refused(w, &told);
	jsonw_end_object(w);
}

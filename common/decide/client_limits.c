/* Limits of client tokens, to and from text. */
#include "decide/client_limits.h"

#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct row {
	const char *name, *help;
	enum client_limit_unit unit;
} rows[CLIENT_LIMITS] = {
#define CLIENT_LIMIT(name, unit, help) {#name, help, CLIENT_UNIT_##unit},
#include "decide/client_limits.def"
#undef CLIENT_LIMIT
};

static const char *const priorities[] = {"low", "normal", "high", "urgent"};

static bool is_text(struct str s, const char *text)
{
	return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

bool client_limit_find(struct str name, enum client_limit *which)
{
	for (unsigned i = 0; i < CLIENT_LIMITS; i++) {
		if (is_text(name, rows[i].name)) {
			*which = (enum client_limit)i;
			return true;
		}
	}
	return false;
}

const char *client_limit_name(enum client_limit which)
{
	return which < CLIENT_LIMITS ? rows[which].name : "impossible";
}

const char *client_limit_help(enum client_limit which)
{
	return which < CLIENT_LIMITS ? rows[which].help : "impossible";
}

enum client_limit_unit client_limit_unit(enum client_limit which)
{
	must(which < CLIENT_LIMITS);
	return rows[which].unit;
}

bool client_limit_is_said(const struct client_limits *l, enum client_limit which)
{
	return which == CLIENT_LIMIT_models ? l->models[0] != '\0'
					    : l->said[which] != 0;
}

uint64_t client_limit_get(const struct client_limits *l, enum client_limit which)
{
	must(which < CLIENT_NUMBERS);
	return num_sub_sat(l->said[which], 1);
}

void client_limit_set_number(
	struct client_limits *l, enum client_limit which, uint64_t n)
{
	must(which < CLIENT_NUMBERS);
	l->said[which] = num_add_sat(n, 1);
}

/* ---- from text ------------------------------------------------------------------------ */

static bool parse_priority(struct str s, uint64_t *out)
{
	for (uint64_t i = 0; i < N_ELEMENTS(priorities); i++) {
		if (is_text(s, priorities[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool is_model_char(char c)
{
	return c > ' ' && c != '"' && c != '\\' && c != 0x7f;
}

/* "none" is no limit here as everywhere. */
static bool parse_models(struct client_limits *l, struct str s, struct err *e)
{
	if (is_text(s, "none"))
		s = STR("*");
	bool is_good = s.n > 0 && s.n < sizeof l->models;
	for (size_t i = 0; i < s.n && is_good; i++)
		is_good = is_model_char(s.p[i]);
	if (!is_good)
		return err_set(e,
			"models takes 1 to %d visible characters: names by commas, * "
			"stands for anything",
			CLIENT_MODELS_BYTES - 1);
	memset(l->models, 0, sizeof l->models);
	memcpy(l->models, s.p, s.n);
	return true;
}

static bool parse_number(
	enum client_limit_unit unit, struct str s, uint64_t *n, const char **accepted)
{
	switch (unit) {
	case CLIENT_UNIT_PRIORITY:
		*accepted = "low, normal, high, urgent";
		return parse_priority(s, n);
	case CLIENT_UNIT_USD:
		*accepted = "dollars of at most nine places such as 2.50, none";
		return is_text(s, "none") ? (*n = 0, true) : num_parse_usd(s, n);
	case CLIENT_UNIT_COUNT:
	case CLIENT_UNIT_MODELS:
		break;
	}
	*accepted = "a whole number, none";
	return is_text(s, "none") ? (*n = 0, true) : num_parse_u64(s, n);
}

bool client_limit_parse(struct client_limits *l, enum client_limit which,
	struct str text, struct err *e)
{
	const char *accepted;
	uint64_t n;
	must(which < CLIENT_LIMITS);
	if (is_text(text, "default")) {
		client_limits_merge(l, &(struct client_limits){0}, 1u << which);
		return true;
	}
	if (which == CLIENT_LIMIT_models)
		return parse_models(l, text, e);
	if (!parse_number(rows[which].unit, text, &n, &accepted) || n == UINT64_MAX)
		return err_set(e, "%s takes %s or default", rows[which].name, accepted);
	client_limit_set_number(l, which, n);
	return true;
}

/* ---- to text -------------------------------------------------------------------------- */

/* Nine decimals without the needless zeros, but two at least. */
static void format_usd(uint64_t nanousd, char *out)
{
	char usd[NUM_USD_BYTES];
	num_format_usd(nanousd, usd);
	size_t n = strlen(usd);
	while (usd[n - 1] == '0' && usd[n - 3] != '.')
		n--;
	snprintf(out, CLIENT_MODELS_BYTES, "%.*s", (int)n, usd);
}

const char *client_limit_format(const struct client_limits *l, enum client_limit which,
	char out[static CLIENT_MODELS_BYTES])
{
	if (!client_limit_is_said(l, which)) {
		snprintf(out, CLIENT_MODELS_BYTES, "default");
	} else if (which == CLIENT_LIMIT_models) {
		snprintf(out, CLIENT_MODELS_BYTES, "%.*s", CLIENT_MODELS_BYTES - 1,
			l->models);
	} else if (rows[which].unit == CLIENT_UNIT_PRIORITY) {
		snprintf(out, CLIENT_MODELS_BYTES, "%s",
			client_priority_name(client_limit_get(l, which)));
	} else if (client_limit_get(l, which) == 0) {
		snprintf(out, CLIENT_MODELS_BYTES, "none");
	} else if (rows[which].unit == CLIENT_UNIT_USD) {
		format_usd(client_limit_get(l, which), out);
	} else {
		snprintf(out, CLIENT_MODELS_BYTES, "%" PRIu64,
			client_limit_get(l, which));
	}
	return out;
}

const char *client_priority_name(uint64_t priority)
{
	return priority < N_ELEMENTS(priorities) ? priorities[priority] : "impossible";
}

/* ---- two of them ---------------------------------------------------------------------- */

void client_limits_fill(struct client_limits *l, const struct client_limits *defaults)
{
	client_limit_set silent = 0;
	for (unsigned i = 0; i < CLIENT_LIMITS; i++)
		if (!client_limit_is_said(l, (enum client_limit)i))
			silent |= 1u << i;
	client_limits_merge(l, defaults, silent);
}

void client_limits_merge(
	struct client_limits *l, const struct client_limits *from, client_limit_set set)
{
	for (unsigned i = 0; i < CLIENT_NUMBERS; i++)
		if (set & 1u << i)
			l->said[i] = from->said[i];
	if (set & 1u << CLIENT_LIMIT_models)
		memcpy(l->models, from->models, sizeof l->models);
}

/* ---- models --------------------------------------------------------------------------- */

/* "*" stands for anything: go back to the last one when what follows does not fit. */
bool client_limits_match(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, star_t = 0;
	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			star_t = t;
		} else if (p < pattern.n && pattern.p[p] == text.p[t]) {
			p++, t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++star_t;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

bool client_limits_next_model(
	const struct client_limits *l, size_t *at, struct str *pattern)
{
	size_t n = strnlen(l->models, sizeof l->models);
	if (*at >= n)
		return false;
	const char *from = l->models + *at, *comma = memchr(from, ',', n - *at);
	*pattern = (struct str){from, comma ? (size_t)(comma - from) : n - *at};
	*at += pattern->n + 1;
	return true;
}

bool client_limits_allow_model(const struct client_limits *l, struct str model)
{
	struct str pattern;
	if (l->models[0] == '\0')
		return true;
	for (size_t at = 0; client_limits_next_model(l, &at, &pattern);)
		if (client_limits_match(pattern, model))
			return true;
	return false;
}

static uint64_t room_of(const struct client_limit_use *u)
{
	return u->at_once > 0 ? u->at_once : u->allowed;
}

void client_limit_use_note(
	struct client_limit_use *tightest, const struct client_limit_use *u)
{
	unsigned __int128 now = (unsigned __int128)u->used * room_of(tightest);
	unsigned __int128 before = (unsigned __int128)tightest->used * room_of(u);
	if (room_of(u) > 0 && (tightest->allowed == 0 || now > before))
		*tightest = *u;
}

/* A catalogue's JSON document into struct models, checked. */
#include "conf/models_read.h"

#include "base/num.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PRICE_DECIMALS = 6, PRICE_MAX_DIGITS = 6 };
#define PICO_PER_USD_OF_A_MILLION UINT64_C(1000000)

static const struct {
	const char *name;
	enum model_api api;
} apis[] = {
	{"chat", MODEL_API_CHAT},
	{"responses", MODEL_API_RESPONSES},
	{"completions", MODEL_API_COMPLETIONS},
	{"embeddings", MODEL_API_EMBEDDINGS},
};

/* Whether all members of at are in known, which ends with NULL. */
static bool check_members(
	const struct doc_at *at, const char *const known[], struct err *e)
{
	if (doc_type(at) != DOC_OBJECT)
		return doc_fail(at, e, "must be an object");
	struct doc_at member;
	for (bool on = doc_first(at, &member); on; on = doc_next(&member)) {
		size_t i = 0;
		while (known[i] != NULL && strcmp(known[i], member.key) != 0)
			i++;
		if (known[i] == NULL)
			return doc_fail(&member, e, "is unknown");
	}
	return true;
}

/* ---- single values -------------------------------------------------------- */

static bool read_name(
	const struct doc_at *at, char out[static MODELS_NAME_BYTES], struct err *e)
{
	struct str s;
	if (!doc_string(at, &s, e))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return doc_fail(at, e, "must be printable ASCII");
	if (s.n == 0 || s.n >= MODELS_NAME_BYTES)
		return doc_fail(at, e, "must have 1 to 63 characters");
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}

static bool read_optional_count(
	const struct doc_at *at, const char *key, uint64_t *out, struct err *e)
{
	struct doc_at member;
	return !doc_find(at, key, &member) || doc_u64(&member, out, e);
}

/* Dollars per million tokens to pico-dollars a token, from the spelling. */
static bool read_dollars(
	const struct doc_at *at, const char *key, uint64_t *pico, struct err *e)
{
	struct doc_at member;
	struct str s;
	if (!doc_get(at, key, &member, e) || !doc_number(&member, &s, e))
		return false;
	const char *point = memchr(s.p, '.', s.n);
	size_t whole = point ? (size_t)(point - s.p) : s.n;
	size_t decimals = point ? s.n - whole - 1 : 0;
	if (whole > PRICE_MAX_DIGITS || decimals > PRICE_DECIMALS ||
		!num_parse_fixed(s, PICO_PER_USD_OF_A_MILLION, pico))
		return doc_fail(&member, e,
			"must be dollars per million tokens, below 1000000, with "
			"at most "
			"six decimals");
	return true;
}

static bool parse_digits(const char *p, size_t n, int *out)
{
	uint64_t v;
	if (!num_parse_u64((struct str){p, n}, &v))
		return false;
	*out = (int)v;
	return true;
}

/* "2025-06-10" to the wall clock's milliseconds at its first moment in UTC. */
static bool read_date(const struct doc_at *at, uint64_t *out_ms, struct err *e)
{
	struct str s;
	struct tm day = {0};
	if (!doc_string(at, &s, e))
		return false;
	bool is_date = s.n == 10 && s.p[4] == '-' && s.p[7] == '-' &&
		       parse_digits(s.p, 4, &day.tm_year) &&
		       parse_digits(s.p + 5, 2, &day.tm_mon) &&
		       parse_digits(s.p + 8, 2, &day.tm_mday) && day.tm_year >= 1971;
	day.tm_year -= 1900;
	day.tm_mon -= 1;
	struct tm given = day;
	time_t t = is_date ? timegm(&day) : 0;
	/* timegm() has made a valid date of 30 February */
	if (!is_date || day.tm_mon != given.tm_mon || day.tm_mday != given.tm_mday)
		return doc_fail(at, e, "must be a date such as \"2025-06-10\"");
	*out_ms = (uint64_t)t * 1000;
	return true;
}

/* ---- prices --------------------------------------------------------------- */

#define RATE_MEMBERS                                                                   \
	"input", "cached", "cache_write", "output", "audio_input", "audio_output"

/* What is not there stays as it is. */
static bool read_optional_dollars(
	const struct doc_at *at, const char *key, uint64_t *pico, struct err *e)
{
	struct doc_at member;
	return !doc_find(at, key, &member) || read_dollars(at, key, pico, e);
}

static bool read_audio(const struct doc_at *at, struct model_rate *r, struct err *e)
{
	struct doc_at member;
	r->has_audio = doc_find(at, "audio_input", &member) ||
		       doc_find(at, "audio_output", &member);
	r->audio_input = r->input;
	r->audio_output = r->output;
	return !r->has_audio ||
	       (read_dollars(at, "audio_input", &r->audio_input, e) &&
		       read_dollars(at, "audio_output", &r->audio_output, e));
}

static bool read_rate(const struct doc_at *at, struct model_rate *r, struct err *e)
{
	r->is_given = true;
	if (!read_dollars(at, "input", &r->input, e) ||
		!read_dollars(at, "output", &r->output, e))
		return false;
	r->cached = r->input;
	r->cache_write = r->input;
	return read_optional_dollars(at, "cached", &r->cached, e) &&
	       read_optional_dollars(at, "cache_write", &r->cache_write, e) &&
	       read_audio(at, r, e);
}

static bool read_tier(const struct doc_at *at, struct model_price *p,
	enum model_tier tier, struct err *e)
{
	static const char *const members[] = {RATE_MEMBERS, "long", NULL};
	struct doc_at longer;
	if (!check_members(at, members, e) || !read_rate(at, &p->usual[tier], e))
		return false;
	if (!doc_find(at, "long", &longer))
		return true;
	if (p->long_from_tokens == UINT64_MAX)
		return doc_fail(&longer, e, "needs a long_context_from");
	return check_members(&longer, (const char *const[]){RATE_MEMBERS, NULL}, e) &&
	       read_rate(&longer, &p->longer[tier], e);
}

static bool read_price(const struct doc_at *at, struct model_price *p, struct err *e)
{
	static const char *const members[] = {"from", "long_context_from", "default",
		"flex", "priority", "batch", "ultrafast", NULL};
	struct doc_at member;
	p->long_from_tokens = UINT64_MAX;
	if (!check_members(at, members, e) ||
		!read_optional_count(
			at, "long_context_from", &p->long_from_tokens, e) ||
		!doc_get(at, "default", &member, e))
		return false;
	for (unsigned tier = 0; tier < MODEL_TIERS; tier++)
		if (doc_find(at, model_tier_name((enum model_tier)tier), &member) &&
			!read_tier(&member, p, (enum model_tier)tier, e))
			return false;
	if (p->long_from_tokens != UINT64_MAX &&
		!p->longer[MODEL_TIER_DEFAULT].is_given)
		return doc_fail(
			at, e, "has a long_context_from, but default has no long");
	return !doc_find(at, "from", &member) || read_date(&member, &p->from_ms, e);
}

static bool read_prices(const struct doc_at *at, struct model *model, struct err *e)
{
	struct doc_at item;
	size_t n = doc_length(at);
	if (doc_type(at) != DOC_ARRAY || n == 0 || n > MODELS_PRICES_MAX)
		return doc_fail(at, e, "must be an array of 1 to 8 prices");
	for (bool on = doc_first(at, &item); on; on = doc_next(&item)) {
		struct model_price *p = &model->price[model->n_prices];
		if (!read_price(&item, p, e))
			return false;
		if (model->n_prices == 0 && p->from_ms != 0)
			return doc_fail(&item, e, "is the first price and has a from");
		if (model->n_prices > 0 && p->from_ms <= p[-1].from_ms)
			return doc_fail(
				&item, e, "must begin later than the price before it");
		model->n_prices++;
	}
	return true;
}

/* ---- models --------------------------------------------------------------- */

static bool push_name(
	struct models *m, const struct doc_at *at, uint32_t model_ix, struct err *e)
{
	if (m->n_names == MODELS_NAMES_MAX)
		return doc_fail(at, e, "is one name too many, accepted: at most 4096");
	struct model_name *name = &m->name[m->n_names];
	if (!read_name(at, name->text, e))
		return false;
	for (size_t i = 0; i < m->n_names; i++)
		if (strcmp(m->name[i].text, name->text) == 0)
			return doc_fail(at, e, "is a name that stands there twice");
	name->model_ix = model_ix;
	m->n_names++;
	return true;
}

static bool read_names(
	struct models *m, const struct doc_at *at, uint32_t model_ix, struct err *e)
{
	struct doc_at name, aliases, alias;
	if (!doc_get(at, "name", &name, e) || !push_name(m, &name, model_ix, e))
		return false;
	memcpy(m->model[model_ix].name, m->name[m->n_names - 1].text,
		MODELS_NAME_BYTES);
	if (!doc_find(at, "aliases", &aliases))
		return true;
	if (doc_type(&aliases) != DOC_ARRAY)
		return doc_fail(&aliases, e, "must be an array of names");
	for (bool on = doc_first(&aliases, &alias); on; on = doc_next(&alias))
		if (!push_name(m, &alias, model_ix, e))
			return false;
	return true;
}

static bool read_api(const struct doc_at *at, unsigned *out, struct err *e)
{
	struct str s;
	if (!doc_string(at, &s, e))
		return false;
	for (size_t i = 0; i < N_ELEMENTS(apis); i++) {
		if (strlen(apis[i].name) == s.n &&
			memcmp(apis[i].name, s.p, s.n) == 0) {
			*out |= apis[i].api;
			return true;
		}
	}
	return doc_fail(at, e, "must be chat, responses, completions or embeddings");
}

static bool read_apis(const struct doc_at *at, unsigned *out, struct err *e)
{
	struct doc_at all, item;
	if (!doc_get(at, "apis", &all, e))
		return false;
	if (doc_type(&all) != DOC_ARRAY || doc_length(&all) == 0)
		return doc_fail(&all, e, "must be an array that is not empty");
	for (bool on = doc_first(&all, &item); on; on = doc_next(&item))
		if (!read_api(&item, out, e))
			return false;
	return true;
}

static bool read_released(const struct doc_at *at, uint64_t *out_ms, struct err *e)
{
	struct doc_at released;
	return !doc_find(at, "released", &released) || read_date(&released, out_ms, e);
}

static bool read_model(struct models *m, const struct doc_at *at, struct err *e)
{
	static const char *const members[] = {"name", "display", "aliases", "released",
		"apis", "context_tokens", "max_output_tokens", "prices", NULL};
	struct model *model = &m->model[m->n_models];
	struct doc_at display, prices;
	return check_members(at, members, e) &&
	       read_names(m, at, (uint32_t)m->n_models, e) &&
	       doc_get(at, "display", &display, e) &&
	       read_name(&display, model->display, e) &&
	       read_released(at, &model->released_ms, e) &&
	       read_apis(at, &model->apis, e) &&
	       read_optional_count(at, "context_tokens", &model->context_tokens, e) &&
	       read_optional_count(
		       at, "max_output_tokens", &model->max_output_tokens, e) &&
	       doc_get(at, "prices", &prices, e) && read_prices(&prices, model, e);
}

/* Whoever puts euros in should say so, and then be refused. */
static bool check_unit(const struct doc_at *root, struct err *e)
{
	static const char expected[] = "USD per million tokens";
	struct doc_at unit;
	struct str s;
	if (!doc_get(root, "unit", &unit, e) || !doc_string(&unit, &s, e))
		return false;
	if (s.n != sizeof expected - 1 || memcmp(s.p, expected, s.n) != 0)
		return doc_fail(&unit, e, "must be \"USD per million tokens\"");
	return true;
}

bool models_read(struct models *m, const struct doc *d, struct err *e)
{
	static const char *const members[] = {"unit", "models", NULL};
	struct doc_at root = doc_root(d), models, item;
	if (!check_members(&root, members, e) || !check_unit(&root, e) ||
		!doc_get(&root, "models", &models, e))
		return false;
	size_t n = doc_length(&models);
	if (doc_type(&models) != DOC_ARRAY || n == 0)
		return doc_fail(&models, e, "must be an array that is not empty");
	if (n > MODELS_NAMES_MAX)
		return doc_fail(
			&models, e, "has too many models, accepted: at most 4096");
	m->model = calloc(n, sizeof m->model[0]);
	m->name = calloc(MODELS_NAMES_MAX, sizeof m->name[0]);
	must(m->model != NULL && m->name != NULL);
	for (bool on = doc_first(&models, &item); on; on = doc_next(&item)) {
		if (!read_model(m, &item, e))
			return false;
		m->n_models++;
	}
	return true;
}

/* The model catalogue: names to models, models to prices. */
#include "conf/models.h"

#include "base/hash.h"
#include "conf/models_read.h"

#include <stdlib.h>
#include <string.h>

static const char *const tier_names[MODEL_TIERS] = {
	[MODEL_TIER_DEFAULT] = "default",
	[MODEL_TIER_FLEX] = "flex",
	[MODEL_TIER_PRIORITY] = "priority",
	[MODEL_TIER_BATCH] = "batch",
	[MODEL_TIER_ULTRAFAST] = "ultrafast",
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct model_name *)a)->text,
		((const struct model_name *)b)->text);
}

static const struct model *find_exact(const struct models *m, struct str name)
{
	struct model_name key;
	if (name.n >= sizeof key.text || memchr(name.p, '\0', name.n) != NULL)
		return NULL;
	memcpy(key.text, name.p, name.n);
	key.text[name.n] = '\0';
	const struct model_name *hit =
		bsearch(&key, m->name, m->n_names, sizeof key, compare_names);
	return hit ? &m->model[hit->model_ix] : NULL;
}

/* Cut "-YYYY-MM-DD" off the end. */
static bool strip_date(struct str *s)
{
	static const char form[] = "-dddd-dd-dd";
	size_t n = sizeof form - 1;
	if (s->n <= n)
		return false;
	const char *p = s->p + s->n - n;
	for (size_t i = 0; i < n; i++)
		if (form[i] == 'd' ? p[i] < '0' || p[i] > '9' : p[i] != form[i])
			return false;
	s->n -= n;
	return true;
}

/* "ft:NAME:ORGANIZATION:…" to "ft:NAME". */
static void strip_owner(struct str *s)
{
	if (s->n < 3 || memcmp(s->p, "ft:", 3) != 0)
		return;
	const char *colon = memchr(s->p + 3, ':', s->n - 3);
	if (colon != NULL)
		s->n = (size_t)(colon - s->p);
}

static uint64_t hash_rates(
	const struct model_rate rates[static MODEL_TIERS], uint64_t seed)
{
	for (size_t i = 0; i < MODEL_TIERS; i++) {
		const struct model_rate *r = &rates[i];
		const uint64_t row[] = {r->is_given, r->input, r->cached,
			r->cache_write, r->output, r->has_audio, r->audio_input,
			r->audio_output};
		seed = hash_fast64(row, sizeof row, seed);
	}
	return seed;
}

/* Names are sorted, so neither the order of models nor of aliases matters; nor does
 * struct model's layout. */
static uint64_t hash_prices(const struct models *m)
{
	uint64_t h = 0;
	for (size_t i = 0; i < m->n_names; i++) {
		const struct model *model = &m->model[m->name[i].model_ix];
		h = hash_fast64(m->name[i].text, strlen(m->name[i].text), h);
		for (size_t j = 0; j < model->n_prices; j++) {
			const struct model_price *p = &model->price[j];
			const uint64_t row[] = {p->from_ms, p->long_from_tokens};
			h = hash_fast64(row, sizeof row, h);
			h = hash_rates(p->usual, h);
			h = hash_rates(p->longer, h);
		}
	}
	return h;
}

/* Takes over d. */
static struct models *build(struct doc *d, struct err *e)
{
	if (d == NULL)
		return NULL;
	struct models *m = calloc(1, sizeof *m);
	must(m != NULL);
	bool done = models_read(m, d, e);
	doc_free(d);
	if (!done) {
		models_free(m);
		return NULL;
	}
	qsort(m->name, m->n_names, sizeof m->name[0], compare_names);
	m->price_version = hash_prices(m);
	return m;
}

struct models *models_load(const char *path, struct err *e)
{
	return build(doc_load(path, MODELS_MAX_BYTES, e), e);
}

struct models *models_parse(struct str text, const char *path, struct err *e)
{
	return build(doc_parse(text, path, e), e);
}

void models_free(struct models *m)
{
	if (m == NULL)
		return;
	free(m->model);
	free(m->name);
	free(m);
}

const struct model *models_find(const struct models *m, struct str served_name)
{
	struct str name = served_name;
	strip_owner(&name);
	const struct model *model = find_exact(m, name);
	if (model == NULL && strip_date(&name))
		model = find_exact(m, name);
	return model;
}

size_t models_count(const struct models *m)
{
	return m->n_models;
}

const struct model *models_get(const struct models *m, size_t ix)
{
	must(ix < m->n_models);
	return &m->model[ix];
}

size_t models_names_count(const struct models *m)
{
	return m->n_names;
}

struct str models_name(const struct models *m, size_t ix)
{
	must(ix < m->n_names);
	return (struct str){m->name[ix].text, strlen(m->name[ix].text)};
}

uint64_t models_price_version(const struct models *m)
{
	return m->price_version;
}

const struct model_price *model_price_at(const struct model *model, uint64_t wall_ms)
{
	size_t i = model->n_prices - 1;
	while (i > 0 && model->price[i].from_ms > wall_ms)
		i--;
	return &model->price[i];
}

static bool is_word(struct str s, const char *word)
{
	return strlen(word) == s.n && memcmp(word, s.p, s.n) == 0;
}

bool model_tier_parse(struct str s, enum model_tier *out)
{
	static const struct {
		const char *word;
		enum model_tier tier;
	} others[] = {{"", MODEL_TIER_DEFAULT}, {"auto", MODEL_TIER_DEFAULT},
		{"fast", MODEL_TIER_PRIORITY}};
	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		if (is_word(s, others[i].word)) {
			*out = others[i].tier;
			return true;
		}
	}
	for (unsigned i = 0; i < MODEL_TIERS; i++) {
		if (is_word(s, tier_names[i])) {
			*out = (enum model_tier)i;
			return true;
		}
	}
	return false;
}

const char *model_tier_name(enum model_tier tier)
{
	must(tier < MODEL_TIERS);
	return tier_names[tier];
}

/* The table of rules, and what they have found as JSON. */
#include "insight/advice_rules.h"

#include "base/num.h"
#include "insight/tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what the rules say it with -------------------------------------------------------- */

void advice_say(struct advice *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(a->text, sizeof a->text, fmt, ap);
	va_end(ap);
}

void advice_note(struct advice *a, const char *name, enum advice_unit unit, uint64_t v)
{
	must(a->n_figures < ADVICE_FIGURES);
	a->figure[a->n_figures].name = name;
	a->figure[a->n_figures].unit = unit;
	a->figure[a->n_figures++].value = v;
}

bool advice_reaches(uint64_t part, uint64_t all, uint64_t percent)
{
	return all > 0 && num_mul_sat(part, 100) >= num_mul_sat(all, percent);
}

/* ---- the table --------------------------------------------------------------------------- */

#define ADVICE(rule, text) {#rule, advise_##rule},
static const struct {
	const char *name;
	bool (*find)(const struct advice_facts *f, struct advice *a);
} rules[ADVICE_RULES] = {
#include "insight/advice.def"
};
#undef ADVICE

static const char *const units[ADVICE_UNITS] = {"count", "percent", "ms", "tokens"};

bool advice_find(enum advice_rule r, const struct advice_facts *f, struct advice *out)
{
	must(r < ADVICE_RULES);
	*out = (struct advice){0};
	return rules[r].find(f, out);
}

void advice_tell_sentences(struct jsonw *w, const struct advice_facts *f)
{
	struct advice a;
	jsonw_begin_array(w);
	for (unsigned r = 0; r < ADVICE_RULES; r++)
		if (advice_find((enum advice_rule)r, f, &a))
			jsonw_string(w, (struct str){a.text, strlen(a.text)});
	jsonw_end_array(w);
}

static void tell_one(struct jsonw *w, enum advice_rule r, const struct advice *a)
{
	jsonw_begin_object(w);
	tell_text(w, STR("rule"), rules[r].name);
	tell_text(w, STR("text"), a->text);
	tell_usd(w, STR("saves_usd"), a->saves_nanousd);
	tell_usd(w, STR("in_question_usd"), a->in_question_nanousd);
	jsonw_key(w, STR("figures"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < a->n_figures; i++) {
		jsonw_begin_object(w);
		tell_text(w, STR("name"), a->figure[i].name);
		tell_text(w, STR("unit"), units[a->figure[i].unit]);
		tell_u64(w, STR("value"), a->figure[i].value);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
	jsonw_end_object(w);
}

void advice_tell(struct jsonw *w, const struct advice_facts *f)
{
	struct advice a;
	jsonw_begin_array(w);
	for (unsigned r = 0; r < ADVICE_RULES; r++)
		if (advice_find((enum advice_rule)r, f, &a))
			tell_one(w, (enum advice_rule)r, &a);
	jsonw_end_array(w);
}

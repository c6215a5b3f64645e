/* What a token's limits name, looked for in the catalogue and the [model] sections. */
#include "decide/unknown_models.h"

#include <string.h>

/* "", "-2024-05-13", "-2024-", ":org:name": of a model's name, what makes a variant of it. */
static bool is_variant(struct str rest)
{
	size_t n = 0;
	if (rest.n == 0 || rest.p[0] == ':')
		return true;
	while (n < rest.n && strchr("-0123456789", rest.p[n]) != NULL)
		n++;
	return n == rest.n && rest.p[0] == '-';
}

static bool begins_with(struct str text, struct str name)
{
	return text.n >= name.n && memcmp(text.p, name.p, name.n) == 0 &&
	       is_variant((struct str){text.p + name.n, text.n - name.n});
}

static struct str before_star(struct str pattern)
{
	const char *star = memchr(pattern.p, '*', pattern.n);
	return (struct str){
		pattern.p, star != NULL ? (size_t)(star - pattern.p) : pattern.n};
}

/* What a fine-tuned model was made of. */
static struct str without_ft(struct str pattern)
{
	if (pattern.n < 3 || memcmp(pattern.p, "ft:", 3) != 0)
		return pattern;
	return (struct str){pattern.p + 3, pattern.n - 3};
}

static bool is_in_catalogue(const struct models *m, struct str pattern)
{
	struct str of = without_ft(pattern);
	for (size_t i = 0; i < models_names_count(m); i++)
		if (client_limits_match(of, models_name(m, i)) ||
			begins_with(before_star(of), models_name(m, i)))
			return true;
	return false;
}

static bool has_section(const struct settings_models *own, struct str pattern)
{
	for (size_t i = 0; i < own->n; i++) {
		struct str name = {own->of[i].name, strlen(own->of[i].name)};
		if (client_limits_match(pattern, name))
			return true;
	}
	return false;
}

bool unknown_models_next(const struct known_models *known,
	const struct client_limits *l, size_t *at, struct str *name)
{
	while (client_limits_next_model(l, at, name))
		if (name->n > 0 && !is_in_catalogue(known->catalogue, *name) &&
			!has_section(known->own, *name))
			return true;
	return false;
}

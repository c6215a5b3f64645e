/* Models that nobody knows. */
#include "../unit.h"
#include "decide/unknown_models.h"

#include <stdio.h>

#define CATALOGUE                                                                      \
	"{\"unit\":\"USD per million tokens\",\"models\":[{\"name\":\"gpt-4o\","       \
	"\"display\":\"d\",\"aliases\":[\"chat-latest\"],\"apis\":[\"chat\"],"         \
	"\"prices\":[{\"default\":{\"input\":1,\"output\":2}}]}]}"

static struct models *catalogue;
static struct settings_models own = {1, {{.name = "local-llama"}}};

static void begin(void)
{
	struct err e = {0};
	catalogue = models_parse(STR(CATALOGUE), "m.json", &e);
	ck_assert_msg(catalogue != NULL, "%s", e.text);
}

/* "a|b" of those that are unknown. */
static const char *unknown(const char *models)
{
	static char out[CLIENT_MODELS_BYTES];
	struct known_models known = {catalogue, &own};
	struct client_limits l = {0};
	struct str name;
	size_t n = 0;
	snprintf(l.models, sizeof l.models, "%s", models);
	out[0] = '\0';
	for (size_t at = 0; unknown_models_next(&known, &l, &at, &name);)
		n += (size_t)snprintf(out + n, sizeof out - n, "%s" STR_FMT,
			n > 0 ? "|" : "", STR_ARG(name));
	return out;
}

START_TEST(what_nobody_has_is_unknown_each_by_its_name)
{
	begin();
	ck_assert_str_eq(unknown("gpt-40,gpt-4o,gtp*"), "gpt-40|gtp*");
	ck_assert_str_eq(unknown("GPT-4O"), "GPT-4O");
	ck_assert_str_eq(unknown("gpt-4oo*"), "gpt-4oo*");
	ck_assert_str_eq(unknown("gpt-4,*-turbo"), "gpt-4|*-turbo");
	models_free(catalogue);
}
END_TEST

START_TEST(the_catalogue_the_sections_and_their_variants_are_known)
{
	static const char *const known[] = {"", "*", "gpt-4o", "chat-latest", "chat*",
		"gpt*", "gpt-4o-2024-05-13", "gpt-4o-2024-*", "ft:gpt-4o:org:x", "ft:*",
		"ft:gpt-4o:org:*", "local-llama", "local-*", "gpt-4o,", ",gpt-4o"};
	begin();
	for (size_t i = 0; i < N_ELEMENTS(known); i++)
		ck_assert_msg(unknown(known[i])[0] == '\0', "%s: %s", known[i],
			unknown(known[i]));
	models_free(catalogue);
}
END_TEST

UNIT_MAIN("unknown_models", what_nobody_has_is_unknown_each_by_its_name,
	the_catalogue_the_sections_and_their_variants_are_known)

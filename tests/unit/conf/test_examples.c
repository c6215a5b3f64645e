/* The files of etc/ against settings.def, and a thousand spoilt copies of one. Runs
 * from the top folder. */
#include "../unit.h"
#include "base/clock.h"
#include "base/hash.h"
#include "conf/conffile.h"
#include "conf/settings.h"
#include "conf/slurp.h"

#include <ctype.h>
#include <stdio.h>

static struct settings got;
static struct settings_report report;
static struct err e;
static char *const no_env[] = {NULL};

static struct str slurp(const char *path)
{
	struct str text;
	ck_assert_msg(slurp_file(path, CONFFILE_MAX_BYTES, &text, &e), "%s", e.text);
	return text;
}

/* atlas.conf with "#key = default" made "key = default". */
static struct str uncommented(void)
{
	struct str text = slurp("etc/atlas.conf");
	char *out = malloc(text.n);
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		bool at_start = i == 0 || text.p[i - 1] == '\n';
		bool is_setting =
			i + 1 < text.n && islower((unsigned char)text.p[i + 1]);
		if (at_start && text.p[i] == '#' && is_setting)
			continue;
		out[n++] = text.p[i];
	}
	slurp_free(&text);
	return (struct str){out, n};
}

START_TEST(atlas_conf_as_it_is_gives_the_defaults)
{
	struct settings defaults;
	settings_defaults(&defaults);
	ck_assert_msg(settings_load(&got, "etc/atlas.conf", no_env, &report, &e), "%s",
		e.text);
	unsigned at = 0;
	ck_assert_ptr_null(settings_diff(&defaults, &got, &at));
}
END_TEST

START_TEST(atlas_conf_uncommented_sets_every_setting_to_its_default)
{
	struct settings defaults;
	settings_defaults(&defaults);
	struct settings_input in = {"atlas.conf", uncommented(), no_env};
	ck_assert_msg(settings_parse(&got, &in, &report, &e), "%s", e.text);
	unsigned at = 0;
	ck_assert_ptr_null(settings_diff(&defaults, &got, &at));
	for (unsigned id = 0; id < SETTING_N; id++)
		ck_assert_msg(report.source[id] == SETTINGS_FROM_FILE, "%s is missing",
			settings_get(id)->key);
	slurp_free(&in.text);
}
END_TEST

/* "Accepted: …. " or nothing, for the types whose texts have no short range. */
static void describe_range(const struct setting *st, char out[static 128])
{
	size_t n = 0;
	out[0] = '\0';
	if (st->type == SETTING_BOOL)
		snprintf(out, 128, "Accepted: yes, no. ");
	else if (st->type <= SETTING_USD)
		snprintf(out, 128, "Accepted: %s to %s. ", st->min, st->max);
	if (st->type != SETTING_CHOICE)
		return;
	n = (size_t)snprintf(out, 128, "Accepted: ");
	for (const char *p = st->min; *p; p++) {
		bool is_bar = *p == '|';
		n += (size_t)snprintf(out + n, 128 - n, is_bar ? ", " : "%c", *p);
	}
	snprintf(out + n, 128 - n, ". ");
}

/* What atlas.conf must say of st, down to the setting itself. */
static void describe(const struct setting *st, char *out, size_t size)
{
	char range[128], env[64] = "";
	describe_range(st, range);
	if (st->env != NULL)
		snprintf(env, sizeof env, "Environment: %s. ", st->env);
	snprintf(out, size, "# %s\n# %s%s%s\n#%s =%s%s\n", st->doc, range, env,
		st->reload == SETTING_LIVE ? "Reload." : "Restart.", st->key,
		st->initial[0] ? " " : "", st->initial);
}

START_TEST(atlas_conf_says_of_each_setting_what_the_list_says)
{
	struct str text = slurp("etc/atlas.conf");
	for (unsigned id = 0; id < SETTING_N; id++) {
		char words[512];
		describe(settings_get(id), words, sizeof words);
		ck_assert_msg(memmem(text.p, text.n, words, strlen(words)) != NULL,
			"atlas.conf lacks:\n%s", words);
	}
	slurp_free(&text);
}
END_TEST

START_TEST(the_production_set_is_the_recommended_one)
{
	ck_assert_msg(
		settings_load(&got, "etc/atlas-production.conf", no_env, &report, &e),
		"%s", e.text);
	ck_assert_uint_eq(got.requests_per_minute, 30);
	ck_assert_uint_eq(got.requests_per_hour, 1500);
	ck_assert_uint_eq(got.tokens_per_minute, 75000);
	ck_assert_uint_eq(got.tokens_per_hour, 500000);
	ck_assert_uint_eq(got.max_retries, 8);
	ck_assert_uint_eq(got.retry_base_delay_ns, 2 * NS_PER_S);
	ck_assert_uint_eq(got.retry_max_delay_ns, 600 * NS_PER_S);
	ck_assert_uint_eq(got.stabilization_ns, 20 * 60 * NS_PER_S);
}
END_TEST

START_TEST(the_development_set_is_the_recommended_one)
{
	ck_assert_msg(
		settings_load(&got, "etc/atlas-development.conf", no_env, &report, &e),
		"%s", e.text);
	ck_assert_uint_eq(got.requests_per_minute, 100);
	ck_assert_uint_eq(got.requests_per_hour, 5000);
	ck_assert_uint_eq(got.tokens_per_minute, 200000);
	ck_assert_uint_eq(got.tokens_per_hour, 1500000);
	ck_assert_uint_eq(got.max_retries, 3);
	ck_assert_uint_eq(got.retry_base_delay_ns, NS_PER_S / 2);
	ck_assert_uint_eq(got.retry_max_delay_ns, 60 * NS_PER_S);
	ck_assert_uint_eq(got.stabilization_ns, 5 * 60 * NS_PER_S);
}
END_TEST

/* A generator of its own, so that run number 417 is the same on every machine. */
static uint64_t roll(uint64_t *state, uint64_t below)
{
	*state += 1;
	return hash_fast64(state, sizeof *state, 20260101) % below;
}

/* One to four small injuries: a byte changed, dropped, doubled; a line moved, glued. */
static size_t spoil(char *text, size_t n, uint64_t *state)
{
	static const char spice[] = "\0\n\r\t =[]#;-.0159KMGsmhaz\x80\xff\xc3\"";
	for (uint64_t left = 1 + roll(state, 4); left > 0 && n > 1; left--) {
		size_t at = roll(state, n - 1), span = 1 + roll(state, n - at);
		switch (roll(state, 5)) {
		case 0:
			text[at] = spice[roll(state, sizeof spice)];
			break;
		case 1:
			text[at] ^= (char)(1 << roll(state, 8));
			break;
		case 2:
			memmove(text + at, text + at + span, n - at - span);
			n -= span;
			break;
		case 3:
			memmove(text + at + 1, text + at, n - at);
			n++;
			break;
		default:
			memcpy(text + at, text, MIN(at, MIN(span, 60)));
		}
	}
	return n;
}

static bool begins_with_file_and_line(const char *z)
{
	static const char file[] = "atlas.conf:";
	if (strncmp(z, file, sizeof file - 1) != 0)
		return false;
	const char *p = z + sizeof file - 1;
	size_t digits = strspn(p, "0123456789");
	return digits > 0 && p[0] != '0' && strncmp(p + digits, ": ", 2) == 0;
}

START_TEST(a_thousand_spoilt_copies_are_taken_or_named_by_line)
{
	struct str text = uncommented();
	char *copy = malloc(text.n + 8);
	uint64_t state = 0;
	unsigned n_refused = 0;
	for (unsigned i = 0; i < 1000; i++) {
		memcpy(copy, text.p, text.n);
		size_t n = spoil(copy, text.n, &state);
		struct settings_input in = {"atlas.conf", {copy, n}, no_env};
		struct err why = {0};
		if (settings_parse(&got, &in, &report, &why))
			continue;
		n_refused++;
		ck_assert_msg(begins_with_file_and_line(why.text), "copy %u: %s", i,
			why.text);
	}
	/* else the injuries are too small or too large to test anything */
	ck_assert_uint_gt(n_refused, 300);
	ck_assert_uint_lt(n_refused, 950);
	free(copy);
	slurp_free(&text);
}
END_TEST

UNIT_MAIN("examples", atlas_conf_as_it_is_gives_the_defaults,
	atlas_conf_uncommented_sets_every_setting_to_its_default,
	atlas_conf_says_of_each_setting_what_the_list_says,
	the_production_set_is_the_recommended_one,
	the_development_set_is_the_recommended_one,
	a_thousand_spoilt_copies_are_taken_or_named_by_line)

/* Where the upstream key comes from, and that it stays nowhere else. */
#include "../unit.h"
#include "scratch.h"
#include "conf/keys.h"

/* and what its SHA-256 begins with */
#define CANARY    "sk-canary-0123456789"
#define CANARY_ID "782a873f"

static struct keyring ring;

static const char *secret_of_default(void)
{
	const struct key *k = keys_find(&ring, "default");
	return k ? k->secret : "";
}

START_TEST(the_environment_key_is_taken_and_its_bytes_are_gone)
{
	char var[] = "OPENAI_API_KEY=" CANARY;
	char *env[] = {var, NULL};
	ck_assert(keys_take_env(&ring, env, NULL));
	ck_assert_str_eq(secret_of_default(), CANARY);
	for (size_t i = strlen("OPENAI_API_KEY="); i < sizeof var; i++)
		ck_assert_int_eq(var[i], 0);
}
END_TEST

START_TEST(a_second_copy_in_the_environment_is_overwritten_too)
{
	char one[] = "OPENAI_API_KEY=" CANARY, two[] = "OPENAI_API_KEY=sk-other";
	char *env[] = {one, two, NULL};
	ck_assert(keys_take_env(&ring, env, NULL));
	ck_assert_str_eq(secret_of_default(), CANARY);
	ck_assert_int_eq(two[strlen("OPENAI_API_KEY=")], 0);
}
END_TEST

START_TEST(a_key_is_named_by_eight_digits_of_its_hash)
{
	char var[] = "OPENAI_API_KEY=" CANARY;
	char *env[] = {var, NULL};
	ck_assert(keys_take_env(&ring, env, NULL));
	ck_assert_str_eq(keys_find(&ring, "default")->id, CANARY_ID);
}
END_TEST

START_TEST(an_empty_or_missing_variable_is_no_key_and_no_error)
{
	char var[] = "OPENAI_API_KEY=";
	char *env[] = {var, NULL};
	ck_assert(keys_take_env(&ring, env, NULL));
	ck_assert(keys_take_env(&ring, env + 1, NULL));
	ck_assert_uint_eq(ring.n, 0);
}
END_TEST

START_TEST(a_key_that_could_add_a_header_is_refused_and_overwritten)
{
	char var[] = "OPENAI_API_KEY=sk-x\r\nHost: evil";
	char *env[] = {var, NULL};
	struct err e = {0};
	ck_assert(!keys_take_env(&ring, env, &e));
	ck_assert_str_eq(e.text, "OPENAI_API_KEY is no key, accepted: 1 to 255 visible "
				 "ASCII characters");
	ck_assert_int_eq(var[strlen("OPENAI_API_KEY=")], 0);
}
END_TEST

START_TEST(a_key_file_gives_its_line_without_the_line_end)
{
	ck_assert(keys_read_file(&ring, scratch_file(STR(CANARY "\n"), 0600), NULL));
	ck_assert_str_eq(secret_of_default(), CANARY);
	ck_assert(keys_read_file(&ring, scratch_file(STR(CANARY "2\r\n"), 0400), NULL));
	ck_assert_str_eq(secret_of_default(), CANARY "2");
	ck_assert_uint_eq(ring.n, 1);
}
END_TEST

START_TEST(a_key_file_that_others_may_read_is_refused)
{
	static const mode_t modes[] = {0640, 0604, 0644, 0660, 0610};
	for (size_t i = 0; i < N_ELEMENTS(modes); i++) {
		struct err e = {0};
		const char *path = scratch_file(STR(CANARY), modes[i]);
		char sentence[128];
		snprintf(sentence, sizeof sentence,
			"%s: others may read this key file (mode 0%o), accepted: 0600, "
			"0400",
			path, modes[i]);
		ck_assert(!keys_read_file(&ring, path, &e));
		ck_assert_str_eq(e.text, sentence);
	}
	ck_assert_uint_eq(ring.n, 0);
}
END_TEST

START_TEST(a_key_file_without_a_key_is_refused)
{
	static char long_text[KEYS_SECRET_BYTES + 8];
	memset(long_text, 'k', sizeof long_text);
	const struct str rows[] = {STR(""), STR("\n"), STR("a b\n"), STR("a\n\n"),
		STR("a\nb\n"), STR("a\0b"), {long_text, KEYS_SECRET_BYTES},
		{long_text, sizeof long_text}};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct err e = {0};
		ck_assert(!keys_read_file(&ring, scratch_file(rows[i], 0600), &e));
		ck_assert_ptr_nonnull(
			strstr(e.text, ": holds no key, accepted: one line of 1 to 255 "
				       "visible ASCII characters"));
	}
}
END_TEST

START_TEST(an_error_never_shows_the_key)
{
	struct err e = {0};
	ck_assert(!keys_read_file(&ring, scratch_file(STR(CANARY " x\n"), 0600), &e));
	ck_assert_ptr_null(strstr(e.text, "canary"));
}
END_TEST

START_TEST(a_missing_key_file_keeps_the_key_there_was)
{
	struct err e = {0};
	ck_assert(keys_read_file(&ring, scratch_file(STR(CANARY), 0600), NULL));
	ck_assert(!keys_read_file(&ring, "no/such/key", &e));
	ck_assert_str_eq(
		e.text, "no/such/key: cannot be opened: No such file or directory");
	ck_assert_str_eq(secret_of_default(), CANARY);
}
END_TEST

START_TEST(a_directory_is_no_key_file)
{
	struct err e = {0};
	ck_assert(!keys_read_file(&ring, ".", &e));
	ck_assert_str_eq(e.text, ".: is not a regular file");
}
END_TEST

START_TEST(the_environment_goes_over_the_file_also_at_a_reload)
{
	char var[] = "OPENAI_API_KEY=" CANARY;
	char *env[] = {var, NULL};
	ck_assert(keys_take_env(&ring, env, NULL));
	ck_assert(keys_read_file(&ring, scratch_file(STR("sk-file"), 0600), NULL));
	ck_assert_str_eq(secret_of_default(), CANARY);
}
END_TEST

START_TEST(a_file_key_is_dropped_when_the_setting_goes)
{
	ck_assert(keys_read_file(&ring, scratch_file(STR(CANARY), 0600), NULL));
	ck_assert(keys_read_file(&ring, "", NULL));
	static const struct keyring empty;
	ck_assert_mem_eq(&ring, &empty, sizeof ring);
}
END_TEST

UNIT_MAIN_APART("keys", the_environment_key_is_taken_and_its_bytes_are_gone,
	a_second_copy_in_the_environment_is_overwritten_too,
	a_key_is_named_by_eight_digits_of_its_hash,
	an_empty_or_missing_variable_is_no_key_and_no_error,
	a_key_that_could_add_a_header_is_refused_and_overwritten,
	a_key_file_gives_its_line_without_the_line_end,
	a_key_file_that_others_may_read_is_refused, a_key_file_without_a_key_is_refused,
	an_error_never_shows_the_key, a_missing_key_file_keeps_the_key_there_was,
	a_directory_is_no_key_file, the_environment_goes_over_the_file_also_at_a_reload,
	a_file_key_is_dropped_when_the_setting_goes)

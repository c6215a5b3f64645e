/* Entries of relay_paths, and which paths they let through. */
#include "../unit.h"
#include "conf/relay_path.h"

#include <stdio.h>
#include <string.h>

static struct str str_of(const char *s)
{
	return (struct str){s, strlen(s)};
}

START_TEST(an_entry_is_a_path_a_star_and_a_role)
{
	struct relay_path p;
	ck_assert(relay_path_parse(str_of("/v1/moderations:chat"), &p));
	ck_assert(p.role == RELAY_CHAT && !p.has_star);
	ck_assert_uint_eq(p.path.n, strlen("/v1/moderations"));
	ck_assert(relay_path_parse(str_of("/v1/files/*"), &p));
	ck_assert(p.role == RELAY_ADMIN && p.has_star);
	ck_assert_uint_eq(p.path.n, strlen("/v1/files/"));
	ck_assert(relay_path_parse(str_of("/v1/*:admin"), &p));
	ck_assert(p.role == RELAY_ADMIN && p.has_star);
}
END_TEST

START_TEST(what_could_mean_another_path_is_no_entry)
{
	static const char *const bad[] = {"", "/", "/v1", "/v1/", "/v2/files",
		"v1/files", "/v1//files", "/v1/files/", "/v1/./files", "/v1/../files",
		"/v1/files/**", "/v1/f*", "/v1/*/x", "/v1/files:king",
		"/v1/files:", "/v1/%66iles", "/v1/files?x", "/v1/files;x",
		"http://evil/v1/files", "/v1/..", "/v1/files/*/", "*"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct relay_path p;
		ck_assert_msg(!relay_path_parse(str_of(bad[i]), &p), "%s", bad[i]);
	}
}
END_TEST

START_TEST(the_first_entry_that_fits_decides)
{
	struct settings_list list = {
		.n = 3, .entry = {"/v1/files/open:chat", "/v1/files/*", "/v1/batches"}};
	static const struct {
		const char *path;
		bool is_found;
		enum relay_role role;
	} rows[] = {
		{"/v1/files/open", true, RELAY_CHAT},
		{"/v1/files/open/x", true, RELAY_ADMIN},
		{"/v1/files/f-1", true, RELAY_ADMIN},
		{"/v1/files/f-1/content", true, RELAY_ADMIN},
		{"/v1/files/", false, RELAY_ADMIN},
		{"/v1/files", false, RELAY_ADMIN},
		{"/v1/batches", true, RELAY_ADMIN},
		{"/v1/batches/b", false, RELAY_ADMIN},
		{"/v1/batche", false, RELAY_ADMIN},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		enum relay_role role = RELAY_ADMIN;
		bool is_found = relay_path_find(&list, str_of(rows[i].path), &role);
		ck_assert_msg(is_found == rows[i].is_found && role == rows[i].role,
			"%s", rows[i].path);
	}
}
END_TEST

UNIT_MAIN("relay_path", an_entry_is_a_path_a_star_and_a_role,
	what_could_mean_another_path_is_no_entry, the_first_entry_that_fits_decides)

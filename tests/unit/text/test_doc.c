/* Our own documents: what they hold, and errors that name file, line and path. */
#include "../unit.h"
#include "text/doc.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char catalogue[] =
	"{\n"
	"  \"version\": 3,\n"
	"  \"models\": {\n"
	"    \"gpt-a\": {\"input\": 0.15, \"tags\": [\"x\", \"y\"]},\n"
	"    \"gpt-b\": {\"input\": 1e-3, \"old\": true, \"n\": null}\n"
	"  }\n"
	"}\n";

static struct doc *parse(const char *text)
{
	struct err e = {0};
	struct doc *d = doc_parse((struct str){text, strlen(text)}, "m.json", &e);
	ck_assert_msg(d != NULL, "%s", e.text);
	return d;
}

static void check_refused(const char *text, const char *want)
{
	struct err e = {0};
	struct doc *d = doc_parse((struct str){text, strlen(text)}, "m.json", &e);
	ck_assert_ptr_null(d);
	ck_assert_str_eq(e.text, want);
}

START_TEST(values_are_read_by_their_path)
{
	struct doc *d = parse(catalogue);
	struct err e = {0};
	struct doc_at root = doc_root(d), models, a, b, at;
	uint64_t v;
	bool is_old;
	struct str s;
	ck_assert(doc_get(&root, "version", &at, &e) && doc_u64(&at, &v, &e) && v == 3);
	ck_assert(doc_get(&root, "models", &models, &e));
	ck_assert(doc_get(&models, "gpt-a", &a, &e));
	ck_assert(doc_get(&a, "input", &at, &e) && doc_fixed(&at, 1000, &v, &e));
	ck_assert_uint_eq(v, 150);
	ck_assert(doc_find(&a, "tags", &b) && doc_length(&b) == 2);
	ck_assert(doc_item(&b, 1, &at) && doc_string(&at, &s, &e));
	ck_assert_mem_eq(s.p, "y", s.n);
	ck_assert(doc_get(&models, "gpt-b", &b, &e) && doc_get(&b, "old", &at, &e));
	ck_assert(doc_bool(&at, &is_old, &e) && is_old);
	ck_assert(doc_find(&b, "n", &at) && doc_type(&at) == DOC_NULL);
	ck_assert(!doc_find(&b, "none", &at) && !doc_find(&at, "x", &a));
	doc_free(d);
}
END_TEST

START_TEST(members_and_items_are_walked_in_order)
{
	struct doc *d = parse("{\"a\":[1,2,3],\"b\":null,\"c\":{}}");
	struct doc_at root = doc_root(d), member, item;
	char names[8] = "", items[8] = "";
	for (bool on = doc_first(&root, &member); on; on = doc_next(&member)) {
		strcat(names, member.key);
		for (bool in = doc_first(&member, &item); in; in = doc_next(&item))
			sprintf(items + strlen(items), "%zu", item.ix);
	}
	ck_assert_str_eq(names, "abc");
	ck_assert_str_eq(items, "012");
	doc_free(d);
}
END_TEST

START_TEST(a_wrong_type_is_named_with_file_line_and_path)
{
	struct doc *d = parse(catalogue);
	struct doc_at root = doc_root(d), models, a, tags, at;
	struct err e = {0};
	uint64_t v;
	ck_assert(doc_get(&root, "models", &models, &e));
	ck_assert(doc_get(&models, "gpt-a", &a, &e) && doc_get(&a, "tags", &tags, &e));
	ck_assert(doc_item(&tags, 1, &at));
	ck_assert(!doc_u64(&at, &v, &e));
	ck_assert_str_eq(e.text, "m.json:4: models.gpt-a.tags[1] must be a number");
	e = (struct err){0};
	ck_assert(!doc_get(&a, "output", &at, &e));
	ck_assert_str_eq(e.text, "m.json:4: models.gpt-a has no member \"output\"");
	e = (struct err){0};
	ck_assert(doc_get(&models, "gpt-b", &a, &e) && doc_get(&a, "input", &at, &e));
	ck_assert(!doc_fixed(&at, 1000, &v, &e));
	ck_assert_str_eq(e.text,
		"m.json:5: models.gpt-b.input must be a decimal number, "
		"not negative, in range");
	e = (struct err){0};
	ck_assert(!doc_get(&at, "x", &tags, &e));
	ck_assert_str_eq(e.text, "m.json:5: models.gpt-b.input must be an object");
	doc_free(d);
}
END_TEST

START_TEST(numbers_keep_their_spelling)
{
	struct doc *d = parse("[0.10, 12345678901.000000001, 1e400, -7, 0.0025]");
	static const char *const want[] = {
		"0.10", "12345678901.000000001", "1e400", "-7", "0.0025"};
	struct doc_at root = doc_root(d), at;
	struct str s;
	uint64_t v;
	for (size_t i = 0; i < N_ELEMENTS(want); i++) {
		ck_assert(doc_item(&root, i, &at) && doc_number(&at, &s, NULL));
		ck_assert_mem_eq(s.p, want[i], s.n);
	}
	ck_assert(doc_item(&root, 1, &at) && doc_fixed(&at, 1000000000, &v, NULL));
	ck_assert_uint_eq(v, UINT64_C(12345678901000000001));
	doc_free(d);
}
END_TEST

START_TEST(whole_numbers_are_never_clamped)
{
	struct doc *d = parse("[18446744073709551614, 18446744073709551616, -1, 1.0]");
	struct doc_at root = doc_root(d), at;
	uint64_t v;
	ck_assert(doc_item(&root, 0, &at) && doc_u64(&at, &v, NULL));
	ck_assert_uint_eq(v, UINT64_MAX - 1);
	for (size_t i = 1; i < 4; i++)
		ck_assert(doc_item(&root, i, &at) && !doc_u64(&at, &v, NULL));
	doc_free(d);
}
END_TEST

START_TEST(what_is_not_strict_is_refused_with_its_line)
{
	check_refused("{\n\"a\": 1,\n}", "m.json:3: a key in double quotes is missing");
	check_refused("", "m.json:1: there is no value");
	check_refused("{'a':1}", "m.json:1: a key in double quotes is missing");
	check_refused(
		"[NaN]", "m.json:1: a word without quotes is not true, false or null");
	check_refused(
		"[\"\n\"]", "m.json:1: a control character in a string is not escaped");
	check_refused("1 2", "m.json:1: something follows the end of the value");
}
END_TEST

START_TEST(a_key_that_stands_twice_is_named_where_it_stands_again)
{
	check_refused("{\"a\":{\"b\":1},\n\"c\":[{\"b\":1}],\n\"a\":2}",
		"m.json:3: the key \"a\" stands twice");
	check_refused("[{\"a\":1,\"\\u0061\":2}]",
		"m.json: a key stands twice, spelled in two ways");
}
END_TEST

START_TEST(depth_is_bounded)
{
	char text[2 * DOC_MAX_DEPTH + 3];
	memset(text, '[', sizeof text);
	memset(text + DOC_MAX_DEPTH, ']', DOC_MAX_DEPTH);
	text[2 * DOC_MAX_DEPTH] = '\0';
	doc_free(parse(text));
	memset(text, '[', DOC_MAX_DEPTH + 1);
	memset(text + DOC_MAX_DEPTH + 1, ']', DOC_MAX_DEPTH + 1);
	text[2 * DOC_MAX_DEPTH + 2] = '\0';
	check_refused(text, "m.json:1: the nesting is too deep");
}
END_TEST

START_TEST(a_bare_value_is_a_document)
{
	static const char *const texts[] = {"7", "-1.5", "true", "null", "\"x\""};
	static const enum doc_type types[] = {
		DOC_NUMBER, DOC_NUMBER, DOC_BOOL, DOC_NULL, DOC_STRING};
	for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
		struct doc *d = parse(texts[i]);
		struct doc_at root = doc_root(d);
		ck_assert_int_eq(doc_type(&root), types[i]);
		doc_free(d);
	}
}
END_TEST

START_TEST(files_are_loaded_up_to_their_bound)
{
	char path[32];
	struct err e = {0};
	int fd = memfd_create("doc", 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "{\"a\":1}", 7), 7);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct doc *d = doc_load(path, 7, &e);
	ck_assert_msg(d != NULL, "%s", e.text);
	doc_free(d);
	ck_assert_ptr_null(doc_load(path, 6, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "at most 6 bytes"));
	close(fd);
	e = (struct err){0};
	ck_assert_ptr_null(doc_load(path, 7, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "No such file"));
	e = (struct err){0};
	ck_assert_ptr_null(doc_load("/", 7, &e));
	ck_assert_uint_gt(strlen(e.text), 0);
}
END_TEST

UNIT_MAIN("doc", values_are_read_by_their_path, members_and_items_are_walked_in_order,
	a_wrong_type_is_named_with_file_line_and_path, numbers_keep_their_spelling,
	whole_numbers_are_never_clamped, what_is_not_strict_is_refused_with_its_line,
	a_key_that_stands_twice_is_named_where_it_stands_again, depth_is_bounded,
	a_bare_value_is_a_document, files_are_loaded_up_to_their_bound)

/* The strict scanner: its tokens, its verdicts, and what a bomb costs it. */
#include "../unit.h"
#include "text/scan.h"

#include <string.h>
#include <sys/resource.h>

static struct str str_of(const char *s)
{
	return (struct str){s, strlen(s)};
}

/* Scan all of text; the scanner's end state is left in *s. */
static size_t scan_all(struct scan *s, struct str text)
{
	struct scan_token t;
	size_t n = 0;
	scan_init(s, text, SCAN_MAX_DEPTH);
	while (scan_next(s, &t) > SCAN_ERROR)
		n++;
	return n;
}

static bool is_json(const char *text)
{
	struct scan s;
	scan_all(&s, str_of(text));
	return s.error == SCAN_FINE;
}

START_TEST(tokens_come_in_the_order_of_the_text_with_their_offsets)
{
	static const struct {
		enum scan_type type;
		size_t offset;
		const char *raw;
	} want[] = {
		{SCAN_OBJECT_BEGIN, 1, ""},
		{SCAN_KEY, 2, "a"},
		{SCAN_ARRAY_BEGIN, 6, ""},
		{SCAN_NUMBER, 7, "-1.5e3"},
		{SCAN_TRUE, 14, ""},
		{SCAN_FALSE, 19, ""},
		{SCAN_NULL, 25, ""},
		{SCAN_ARRAY_END, 29, ""},
		{SCAN_KEY, 31, "b"},
		{SCAN_STRING, 35, "x\\n"},
		{SCAN_OBJECT_END, 40, ""},
		{SCAN_END, 42, ""},
	};
	struct scan s;
	struct scan_token t;
	scan_init(&s, STR(" {\"a\":[-1.5e3,true,false,null],\"b\":\"x\\n\"} "), 8);
	for (size_t i = 0; i < N_ELEMENTS(want); i++) {
		ck_assert_int_eq(scan_next(&s, &t), want[i].type);
		ck_assert_uint_eq(t.offset, want[i].offset);
		ck_assert_uint_eq(t.raw.n, strlen(want[i].raw));
		if (t.raw.n > 0)
			ck_assert_mem_eq(t.raw.p, want[i].raw, t.raw.n);
	}
}
END_TEST

START_TEST(valid_texts_are_accepted)
{
	static const char *const good[] = {"0", "-0", " \t\r\n1 \n", "\"\"", "[]", "{}",
		"[[],{}]", "1e5", "1E-5", "0.0e+9", "-12.5", "{\"\":0}", "null",
		"[1 , 2]", "{ \"a\" : 1 , \"a\" : 2 }", "\"\\ud800\"", "1e999",
		"\"\\u0000\"", "\"\x7f\"", "\"日本\""};
	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		ck_assert_msg(is_json(good[i]), "%s", good[i]);
}
END_TEST

START_TEST(each_defect_is_named_at_its_byte)
{
	static const struct {
		const char *text;
		enum scan_error error;
		size_t at;
	} rows[] = {
		{"", SCAN_ERROR_EMPTY, 0},
		{"  ", SCAN_ERROR_EMPTY, 2},
		{"[1", SCAN_ERROR_CUT, 2},
		{"{\"a", SCAN_ERROR_CUT, 3},
		{"{\"a\"", SCAN_ERROR_CUT, 4},
		{"{\"a\":", SCAN_ERROR_CUT, 5},
		{"tru", SCAN_ERROR_CUT, 3},
		{"-", SCAN_ERROR_CUT, 1},
		{"1.", SCAN_ERROR_CUT, 2},
		{"\"\\u00", SCAN_ERROR_CUT, 1},
		{"1 2", SCAN_ERROR_TRAILING, 2},
		{"{}}", SCAN_ERROR_TRAILING, 2},
		{"[1 2]", SCAN_ERROR_COMMA, 3},
		{"{\"a\":1 \"b\":2}", SCAN_ERROR_COMMA, 7},
		{"{\"a\" 1}", SCAN_ERROR_COLON, 5},
		{"{a:1}", SCAN_ERROR_KEY, 1},
		{"{'a':1}", SCAN_ERROR_KEY, 1},
		{"{\"a\":1,}", SCAN_ERROR_KEY, 7},
		{"[1,]", SCAN_ERROR_VALUE, 3},
		{"[,1]", SCAN_ERROR_VALUE, 1},
		{"{\"a\":}", SCAN_ERROR_VALUE, 5},
		{"{\"a\":1]", SCAN_ERROR_BRACKET, 6},
		{"[}", SCAN_ERROR_BRACKET, 1},
		{"NaN", SCAN_ERROR_LITERAL, 0},
		{"True", SCAN_ERROR_LITERAL, 0},
		{"nul]", SCAN_ERROR_LITERAL, 0},
		{"/**/1", SCAN_ERROR_LITERAL, 0},
		{"\xef\xbb\xbf{}", SCAN_ERROR_MARK, 0},
		{"\xef\xbb{}", SCAN_ERROR_LITERAL, 0},
		{"[\xef\xbb\xbf]", SCAN_ERROR_LITERAL, 1},
		{"01", SCAN_ERROR_NUMBER, 1},
		{"-a", SCAN_ERROR_NUMBER, 1},
		{"1.e5", SCAN_ERROR_NUMBER, 2},
		{"1e+]", SCAN_ERROR_NUMBER, 3},
		{"+1", SCAN_ERROR_LITERAL, 0},
		{".5", SCAN_ERROR_LITERAL, 0},
		{"\"a\\x\"", SCAN_ERROR_ESCAPE, 2},
		{"\"\\u12g4\"", SCAN_ERROR_ESCAPE, 1},
		{"\"a\nb\"", SCAN_ERROR_CONTROL, 2},
		{"\"\x1f\"", SCAN_ERROR_CONTROL, 1},
		{"\"\x80\"", SCAN_ERROR_UTF8, 1},
		{"\"ab\xc3\"", SCAN_ERROR_UTF8, 3},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct scan s;
		scan_all(&s, str_of(rows[i].text));
		ck_assert_msg(s.error == rows[i].error, "%s: %s", rows[i].text,
			scan_error_text(s.error));
		ck_assert_msg(s.at == rows[i].at, "%s: %zu", rows[i].text, s.at);
	}
}
END_TEST

START_TEST(an_error_stays_when_asked_again)
{
	struct scan s;
	struct scan_token t;
	scan_all(&s, STR("[1 2]"));
	ck_assert_int_eq(scan_next(&s, &t), SCAN_ERROR);
	ck_assert_uint_eq(t.offset, 3);
}
END_TEST

START_TEST(depth_is_bounded_by_what_the_caller_allows)
{
	char text[2 * SCAN_MAX_DEPTH];
	struct scan s;
	struct scan_token t;
	memset(text, '[', SCAN_MAX_DEPTH);
	memset(text + SCAN_MAX_DEPTH, ']', SCAN_MAX_DEPTH);
	scan_all(&s, (struct str){text, sizeof text});
	ck_assert_int_eq(s.error, SCAN_FINE);
	scan_init(&s, (struct str){text, sizeof text}, SCAN_MAX_DEPTH - 1);
	while (scan_next(&s, &t) > SCAN_ERROR)
		;
	ck_assert_int_eq(s.error, SCAN_ERROR_DEPTH);
	ck_assert_uint_eq(s.at, SCAN_MAX_DEPTH - 1);
}
END_TEST

START_TEST(skip_passes_one_value_whole)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, STR("[{\"a\":[1,{}]},\"b\",3]"), SCAN_MAX_DEPTH);
	ck_assert_int_eq(scan_next(&s, &t), SCAN_ARRAY_BEGIN);
	ck_assert_int_eq(scan_next(&s, &t), SCAN_OBJECT_BEGIN);
	ck_assert(scan_skip(&s, &t));
	ck_assert_int_eq(scan_next(&s, &t), SCAN_STRING);
	ck_assert(scan_skip(&s, &t));
	ck_assert_int_eq(scan_next(&s, &t), SCAN_NUMBER);
}
END_TEST

START_TEST(skip_fails_on_an_error_inside)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, STR("[{\"a\":[1,}]}]"), SCAN_MAX_DEPTH);
	scan_next(&s, &t);
	ck_assert(!scan_skip(&s, &t));
}
END_TEST

static bool read_int(const char *text, int64_t *out)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, str_of(text), 1);
	ck_assert_int_eq(scan_next(&s, &t), SCAN_NUMBER);
	return scan_int64(&t, out);
}

START_TEST(integers_are_exact_up_to_both_ends_of_int64)
{
	int64_t v;
	ck_assert(read_int("9223372036854775807", &v) && v == INT64_MAX);
	ck_assert(read_int("-9223372036854775808", &v) && v == INT64_MIN);
	ck_assert(read_int("-0", &v) && v == 0);
}
END_TEST

START_TEST(numbers_that_are_no_int64_are_not_rounded)
{
	static const char *const bad[] = {"9223372036854775808", "-9223372036854775809",
		"1.0", "1e3", "123456789012345678901234567890"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		int64_t v;
		ck_assert_msg(!read_int(bad[i], &v), "%s", bad[i]);
	}
}
END_TEST

/* ---- bombs ----------------------------------------------------------------- */

enum { BOMB_BYTES = 8 << 20 };

static char bomb[BOMB_BYTES];

/* unit over and over, between head and tail, to BOMB_BYTES or a little less. */
static struct str make_bomb(const char *head, const char *unit, const char *tail)
{
	size_t n = strlen(head), n_unit = strlen(unit), n_tail = strlen(tail);
	memset(bomb, ' ', sizeof bomb);
	memcpy(bomb, head, n);
	for (; n + n_unit + n_tail <= sizeof bomb; n += n_unit)
		memcpy(bomb + n, unit, n_unit);
	memcpy(bomb + n, tail, n_tail);
	return (struct str){bomb, n + n_tail};
}

static long peak_kib(void)
{
	struct rusage usage;
	ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

START_TEST(bombs_take_no_memory_and_a_token_at_least_a_byte)
{
	static const struct {
		const char *head, *unit, *tail;
		enum scan_error error;
	} bombs[] = {
		{"[", "{},", "0]", SCAN_FINE},
		{"", "[", "", SCAN_ERROR_DEPTH},
		{"{", "\"k\":0,", "\"k\":0}", SCAN_FINE},
		{"[", "\"\",", "0]", SCAN_FINE},
		{"[", "0,", "0]", SCAN_FINE},
		{"\"", "\\n", "\"", SCAN_FINE},
		{"", "1", "", SCAN_FINE},
	};
	for (size_t i = 0; i < N_ELEMENTS(bombs); i++) {
		struct str text =
			make_bomb(bombs[i].head, bombs[i].unit, bombs[i].tail);
		struct scan s;
		long before = peak_kib();
		size_t n_tokens = scan_all(&s, text);
		ck_assert_int_eq(s.error, bombs[i].error);
		ck_assert_uint_le(n_tokens, text.n);
		ck_assert_int_le(peak_kib() - before, 256);
	}
}
END_TEST

UNIT_MAIN("scan", tokens_come_in_the_order_of_the_text_with_their_offsets,
	valid_texts_are_accepted, each_defect_is_named_at_its_byte,
	an_error_stays_when_asked_again, depth_is_bounded_by_what_the_caller_allows,
	skip_passes_one_value_whole, skip_fails_on_an_error_inside,
	integers_are_exact_up_to_both_ends_of_int64,
	numbers_that_are_no_int64_are_not_rounded,
	bombs_take_no_memory_and_a_token_at_least_a_byte)

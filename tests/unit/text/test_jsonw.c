/* The JSON writer: what it writes is JSON, and when it is full it says so. */
#include "../unit.h"
#include "text/jsonw.h"
#include "text/scan.h"

#include <string.h>

static void check(struct jsonw *w, const char *want)
{
	struct str out;
	ck_assert(jsonw_done(w, &out));
	ck_assert_msg(out.n == strlen(want) && memcmp(out.p, want, out.n) == 0, STR_FMT,
		STR_ARG(out));
	jsonw_fini(w);
}

START_TEST(objects_and_arrays_get_their_commas)
{
	struct jsonw w;
	jsonw_init(&w, 1000);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("a"));
	jsonw_begin_array(&w);
	jsonw_u64(&w, 1);
	jsonw_begin_object(&w);
	jsonw_end_object(&w);
	jsonw_null(&w);
	jsonw_end_array(&w);
	jsonw_key(&w, STR("b"));
	jsonw_bool(&w, true);
	jsonw_key(&w, STR("c"));
	jsonw_i64(&w, INT64_MIN);
	jsonw_end_object(&w);
	check(&w, "{\"a\":[1,{},null],\"b\":true,\"c\":-9223372036854775808}");
}
END_TEST

START_TEST(strings_are_escaped_and_bad_utf8_is_replaced)
{
	struct jsonw w;
	jsonw_init(&w, 1000);
	jsonw_string(&w, STR("\"\\\b\t\n\v\f\r\x01\x7f/é\xff\xc3x"));
	check(&w,
		"\"\\\"\\\\\\b\\t\\n\\u000b\\f\\r\\u0001\x7f/é\xef\xbf\xbd\xef\xbf\xbdx"
		"\"");
}
END_TEST

START_TEST(money_and_fixed_decimals_keep_their_places)
{
	struct jsonw w;
	jsonw_init(&w, 1000);
	jsonw_begin_array(&w);
	jsonw_usd(&w, 1250000001);
	jsonw_fixed(&w, -1234, 2);
	jsonw_fixed(&w, 5, 3);
	jsonw_fixed(&w, 7, 0);
	jsonw_fixed(&w, INT64_MIN, 18);
	jsonw_end_array(&w);
	check(&w, "[1.250000001,-12.34,0.005,7,-9.223372036854775808]");
}
END_TEST

/* An array of n strings; false when the writer says that it did not fit. */
static bool write_strings(struct jsonw *w, size_t n, struct str *out)
{
	jsonw_begin_array(w);
	for (size_t i = 0; i < n; i++)
		jsonw_string(w, STR("0123456789"));
	jsonw_end_array(w);
	return jsonw_done(w, out);
}

START_TEST(the_buffer_grows_up_to_its_cap_and_no_byte_further)
{
	struct jsonw w;
	struct str out;
	jsonw_init(&w, 1301);
	ck_assert(write_strings(&w, 100, &out));
	ck_assert_uint_eq(out.n, 1301);
	jsonw_reset(&w);
	ck_assert(!write_strings(&w, 101, &out));
	jsonw_fini(&w);
}
END_TEST

START_TEST(a_small_cap_is_kept_from_the_start)
{
	struct jsonw w;
	struct str out;
	jsonw_init(&w, 27);
	ck_assert(write_strings(&w, 2, &out));
	jsonw_reset(&w);
	ck_assert(!write_strings(&w, 3, &out));
	jsonw_fini(&w);
}
END_TEST

START_TEST(a_fixed_buffer_takes_what_fits_exactly)
{
	char buf[27];
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, buf, sizeof buf);
	ck_assert(write_strings(&w, 2, &out));
	ck_assert_ptr_eq(out.p, buf);
	jsonw_init_fixed(&w, buf, sizeof buf - 1);
	ck_assert(!write_strings(&w, 2, &out));
}
END_TEST

START_TEST(a_failure_stays_until_the_next_document)
{
	char buf[4];
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_string(&w, STR("too long"));
	ck_assert(!jsonw_done(&w, &out));
	jsonw_reset(&w);
	jsonw_u64(&w, 1);
	ck_assert(jsonw_done(&w, &out));
}
END_TEST

START_TEST(half_a_document_is_not_done)
{
	struct jsonw w;
	struct str out;
	jsonw_init(&w, 100);
	ck_assert(!jsonw_done(&w, &out));
	jsonw_begin_array(&w);
	ck_assert(!jsonw_done(&w, &out));
	jsonw_fini(&w);
}
END_TEST

START_TEST(every_byte_value_gives_valid_json)
{
	char bytes[256];
	struct jsonw w;
	struct str out;
	struct scan s;
	struct scan_token t;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)i;
	jsonw_init(&w, 4096);
	jsonw_string(&w, (struct str){bytes, sizeof bytes});
	ck_assert(jsonw_done(&w, &out));
	scan_init(&s, out, 1);
	ck_assert_int_eq(scan_next(&s, &t), SCAN_STRING);
	ck_assert_int_eq(scan_next(&s, &t), SCAN_END);
	jsonw_fini(&w);
}
END_TEST

START_TEST(json_goes_in_as_it_is)
{
	char buf[64];
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("a"));
	jsonw_json(&w, STR("{\"b\":[1]}"));
	jsonw_key(&w, STR("c"));
	jsonw_json(&w, STR("null"));
	jsonw_end_object(&w);
	ck_assert(jsonw_done(&w, &out));
	ck_assert_str_eq((buf[out.n] = '\0', buf), "{\"a\":{\"b\":[1]},\"c\":null}");
}
END_TEST

START_TEST(a_document_is_taken_away_part_by_part)
{
	char text[64];
	size_t n = 0;
	struct jsonw w;
	struct str part;
	jsonw_init(&w, 16); /* of one part */
	jsonw_begin_array(&w);
	for (unsigned i = 0; i < 10; i++) {
		jsonw_u64(&w, 10 * i);
		ck_assert(jsonw_part(&w, &part));
		memcpy(text + n, part.p, part.n);
		n += part.n;
		ck_assert(!jsonw_done(&w, &part));
	}
	jsonw_end_array(&w);
	ck_assert(jsonw_done(&w, &part));
	ck_assert(jsonw_part(&w, &part));
	ck_assert_uint_eq(part.n, 1);
	text[n] = '\0';
	ck_assert_str_eq(text, "[0,10,20,30,40,50,60,70,80,90");
	jsonw_fini(&w);
}
END_TEST

UNIT_MAIN("jsonw", objects_and_arrays_get_their_commas,
	strings_are_escaped_and_bad_utf8_is_replaced,
	money_and_fixed_decimals_keep_their_places,
	the_buffer_grows_up_to_its_cap_and_no_byte_further,
	a_small_cap_is_kept_from_the_start, a_fixed_buffer_takes_what_fits_exactly,
	a_failure_stays_until_the_next_document, half_a_document_is_not_done,
	every_byte_value_gives_valid_json, json_goes_in_as_it_is,
	a_document_is_taken_away_part_by_part)

/*
 * The writer's buffer, its commas and its escapes. One realloc'ed buffer a writer is
 * the only memory it takes; nothing is written behind a failure.
 */
#include "text/jsonw.h"

#include "base/num.h"
#include "text/chars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 512, NUMBER_BYTES = 2 + NUM_FIXED_BYTES };

/* Let the buffer grow by n bytes at least; false, for good, when it cannot. */
static ATTR_COLD bool grow(struct jsonw *w, size_t n)
{
	size_t cap = MAX(w->cap, FIRST_BYTES);
	while (cap < w->max && n > cap - w->n)
		cap = cap > w->max / 2 ? w->max : cap * 2;
	cap = MIN(cap, w->max);
	char *p = n > cap - w->n || w->is_fixed ? NULL : realloc(w->p, cap);
	if (p == NULL) {
		w->has_failed = true;
		return false;
	}
	w->p = p;
	w->cap = cap;
	return true;
}

/* The next n bytes, for the caller to fill; NULL when there is no room. */
static inline char *take(struct jsonw *w, size_t n)
{
	if (w->has_failed || (n > w->cap - w->n && !grow(w, n)))
		return NULL;
	char *p = w->p + w->n;
	w->n += n;
	return p;
}

static void put(struct jsonw *w, bool has_comma, const char *text, size_t n)
{
	char *p = take(w, has_comma + n);
	if (p == NULL)
		return;
	if (has_comma)
		*p++ = ',';
	if (n > 0)
		memcpy(p, text, n);
}

static bool is_in_object(const struct jsonw *w)
{
	return w->depth > 0 && (w->objects & 1) != 0;
}

/* Whether a comma belongs before the value; values in objects follow a key. */
static inline bool begin_value(struct jsonw *w)
{
	must(is_in_object(w) == w->is_after_key);
	must(w->depth > 0 || !w->has_value);
	bool has_comma = w->has_value && !w->is_after_key;
	w->is_after_key = false;
	w->has_value = true;
	return has_comma;
}

static void put_value(struct jsonw *w, const char *text, size_t n)
{
	put(w, begin_value(w), text, n);
}

static void put_escape(struct jsonw *w, uint8_t c)
{
	static const char letters[] = "btn?fr"; /* from U+0008 on; U+000B has none */
	char out[8] = {'\\', (char)c};
	size_t n = 2;
	if (c >= '\b' && c <= '\r' && c != '\v')
		out[1] = letters[c - '\b'];
	else if (c < 0x20)
		n = (size_t)snprintf(out, sizeof out, "\\u%04x", c);
	put(w, false, out, n);
}

/* Most texts need no escape: they are written at one go. */
static bool put_plain(struct jsonw *w, bool has_comma, struct str s)
{
	if (chars_plain_run(s.p, s.n) != s.n)
		return false;
	char *p = take(w, has_comma + 1 + s.n + 1);
	if (p == NULL)
		return true;
	if (has_comma)
		*p++ = ',';
	*p++ = '"';
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '"';
	return true;
}

static void put_run(struct jsonw *w, struct str *s)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t n_points = 0, n = chars_plain_run(s->p, s->n);
	if (n == 0)
		n = chars_utf8_run(s->p, s->n, &n_points);
	if (n > 0) {
		put(w, false, s->p, n);
	} else {
		n = 1;
		if ((uint8_t)*s->p < 0x80)
			put_escape(w, (uint8_t)*s->p);
		else
			put(w, false, replacement, sizeof replacement - 1);
	}
	s->p += n;
	s->n -= n;
}

static void put_quoted(struct jsonw *w, bool has_comma, struct str s)
{
	if (put_plain(w, has_comma, s))
		return;
	put(w, has_comma, "\"", 1);
	while (s.n > 0 && !w->has_failed)
		put_run(w, &s);
	put(w, false, "\"", 1);
}

static void begin_level(struct jsonw *w, bool is_object)
{
	put_value(w, is_object ? "{" : "[", 1);
	must(w->depth < JSONW_MAX_DEPTH);
	w->depth++;
	w->objects = w->objects << 1 | is_object;
	w->has_value = false;
}

static void end_level(struct jsonw *w, bool is_object)
{
	must(w->depth > 0 && is_in_object(w) == is_object && !w->is_after_key);
	put(w, false, is_object ? "}" : "]", 1);
	w->depth--;
	w->objects >>= 1;
	w->has_value = true;
}

void jsonw_init(struct jsonw *w, size_t max_bytes)
{
	*w = (struct jsonw){.max = max_bytes};
}

void jsonw_init_fixed(struct jsonw *w, char *buf, size_t cap)
{
	*w = (struct jsonw){.p = buf, .cap = cap, .max = cap, .is_fixed = true};
}

void jsonw_reset(struct jsonw *w)
{
	*w = (struct jsonw){
		.p = w->p, .cap = w->cap, .max = w->max, .is_fixed = w->is_fixed};
}

void jsonw_fini(struct jsonw *w)
{
	if (!w->is_fixed)
		free(w->p);
	*w = (struct jsonw){0};
}

bool jsonw_done(const struct jsonw *w, struct str *out)
{
	if (w->has_failed || w->depth > 0 || !w->has_value)
		return false;
	*out = (struct str){w->p, w->n};
	return true;
}

bool jsonw_part(struct jsonw *w, struct str *out)
{
	if (w->has_failed)
		return false;
	*out = (struct str){w->p, w->n};
	w->n = 0;
	return true;
}

void jsonw_begin_object(struct jsonw *w)
{
	begin_level(w, true);
}

void jsonw_end_object(struct jsonw *w)
{
	end_level(w, true);
}

void jsonw_begin_array(struct jsonw *w)
{
	begin_level(w, false);
}

void jsonw_end_array(struct jsonw *w)
{
	end_level(w, false);
}

void jsonw_key(struct jsonw *w, struct str key)
{
	must(is_in_object(w) && !w->is_after_key);
	char *p = take(w, w->has_value + 1 + key.n + 2);
	w->is_after_key = true;
	if (p == NULL)
		return;
	if (w->has_value)
		*p++ = ',';
	*p++ = '"';
	memcpy(p, key.p, key.n);
	memcpy(p + key.n, "\":", 2);
}

void jsonw_string(struct jsonw *w, struct str s)
{
	put_quoted(w, begin_value(w), s);
}

/* Straight into the buffer, but for the last bytes of one that cannot grow. */
static void put_number(struct jsonw *w, bool is_negative, uint64_t v, unsigned places)
{
	char text[NUMBER_BYTES];
	bool has_comma = begin_value(w);
	bool has_room = w->cap - w->n >= sizeof text && !w->has_failed;
	char *begin = has_room ? w->p + w->n : text, *p = begin;
	if (has_comma)
		*p++ = ',';
	if (is_negative)
		*p++ = '-';
	p += num_format_fixed(v, places, p);
	if (has_room)
		w->n += (size_t)(p - begin);
	else
		put(w, false, text, (size_t)(p - begin));
}

void jsonw_u64(struct jsonw *w, uint64_t v)
{
	put_number(w, false, v, 0);
}

void jsonw_i64(struct jsonw *w, int64_t v)
{
	jsonw_fixed(w, v, 0);
}

void jsonw_bool(struct jsonw *w, bool v)
{
	put_value(w, v ? "true" : "false", v ? 4 : 5);
}

void jsonw_null(struct jsonw *w)
{
	put_value(w, "null", 4);
}

void jsonw_usd(struct jsonw *w, uint64_t nanousd)
{
	put_number(w, false, nanousd, 9);
}

void jsonw_fixed(struct jsonw *w, int64_t v, unsigned places)
{
	must(places <= JSONW_MAX_PLACES);
	uint64_t magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	put_number(w, v < 0, magnitude, places);
}

void jsonw_json(struct jsonw *w, struct str json)
{
	put_value(w, json.p, json.n);
}

void jsonw_members(struct jsonw *w, struct str json)
{
	must(!is_in_object(w));
	if (json.n > 0)
		put_value(w, json.p, json.n);
}

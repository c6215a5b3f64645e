/*
 * The splitter: lines out of bytes, fields out of lines, events out of fields. A line
 * is handled only once it is whole and there is room for what it adds, so SSE_FULL can
 * be answered by growing and calling again.
 */
#include "text/sse.h"

#include <string.h>

/* Bytes of in before its first line end; in.n when there is none. */
static size_t line_length(struct str in)
{
	const char *lf = memchr(in.p, '\n', in.n);
	size_t n = lf != NULL ? (size_t)(lf - in.p) : in.n;
	const char *cr = memchr(in.p, '\r', n);
	return cr != NULL ? (size_t)(cr - in.p) : n;
}

/* memcpy for lengths that may be 0 while the buffer is still NULL. */
static void copy(char *dst, const char *src, size_t n)
{
	if (n > 0)
		memcpy(dst, src, n);
}

static void step(struct str *in, size_t n)
{
	in->p += n;
	in->n -= n;
}

/* Data in the input moves to the buffer's front, before that input goes away or more
 * data is joined to it. False = no room. */
static bool spill(struct sse *s)
{
	if (s->in_place.p == NULL)
		return true;
	if (s->in_place.n > s->cap)
		return false;
	copy(s->buf, s->in_place.p, s->in_place.n);
	s->n_data = s->in_place.n;
	s->in_place = (struct str){0};
	return true;
}

/* Keep the first n bytes of in as part of the unfinished line. */
static bool keep_line(struct sse *s, struct str in, size_t n)
{
	if (!spill(s) || n > s->cap - s->n_data - s->n_line)
		return false;
	if (n == 0)
		return true;
	memcpy(s->buf + s->n_data + s->n_line, in.p, n);
	s->n_line += n;
	return true;
}

/* value is in the input (is_direct) or behind the data in the buffer, where its own
 * field name has left room for the LF. */
static void add_data(struct sse *s, struct str value, bool is_direct)
{
	size_t n = s->has_data ? s->n_data + 1 + value.n : value.n;
	if (n > s->max_line) {
		s->is_too_long = true;
		return;
	}
	if (is_direct && !s->has_data) {
		s->in_place = value;
	} else {
		if (s->has_data)
			s->buf[s->n_data++] = '\n';
		memmove(s->buf + s->n_data, value.p, value.n);
		s->n_data = n;
	}
	s->has_data = true;
}

static void set_name(struct sse *s, struct str value)
{
	if (value.n > sizeof s->name) {
		s->is_too_long = true;
		return;
	}
	memcpy(s->name, value.p, value.n);
	s->n_name = value.n;
}

static bool is_field(struct str field, struct str name)
{
	return field.n == name.n && memcmp(field.p, name.p, name.n) == 0;
}

/* A line that is not blank: "field: value", "field:value", "field" or ": comment". */
static void read_field(struct sse *s, struct str line, bool is_direct)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct str field = {line.p, colon ? (size_t)(colon - line.p) : line.n};
	struct str value = {line.p + line.n, 0};
	if (colon != NULL) {
		value = (struct str){colon + 1, line.n - field.n - 1};
		if (value.n > 0 && value.p[0] == ' ')
			step(&value, 1);
	}
	if (is_field(field, STR("data")))
		add_data(s, value, is_direct);
	else if (is_field(field, STR("event")))
		set_name(s, value);
}

static void skip_mark(struct sse *s, struct str *line)
{
	if (!s->is_past_start && line->n >= 3 &&
		memcmp(line->p, "\xef\xbb\xbf", 3) == 0)
		step(line, 3);
	s->is_past_start = true;
}

static void clear_event(struct sse *s)
{
	s->in_place = (struct str){0};
	s->n_data = s->n_name = 0;
	s->has_data = s->is_delivered = false;
}

/* The line of n bytes at the front of in is whole: true when it ends an event. */
static bool read_line(struct sse *s, struct str in, size_t n)
{
	bool is_direct = s->n_line == 0;
	struct str line = is_direct ? (struct str){in.p, n}
				    : (struct str){s->buf + s->n_data, s->n_line};
	s->n_line = 0;
	skip_mark(s, &line);
	if (line.n > 0) {
		read_field(s, line, is_direct);
		return false;
	}
	if (!s->has_data)
		clear_event(s); /* a name without data names nothing */
	return s->has_data;
}

/* Room for all that the whole line at the front of in may add. */
static bool make_ready(struct sse *s, struct str in, size_t n)
{
	if (s->n_line > 0)
		return keep_line(s, in, n);
	if (!s->has_data || n == 0)
		return true;
	return spill(s) && n < s->cap - s->n_data;
}

static void deliver(struct sse *s, struct sse_event *out)
{
	s->is_delivered = true;
	out->name = (struct str){s->name, s->n_name};
	out->data = STR(""); /* never NULL, so that callers may copy it blindly */
	if (s->in_place.p != NULL)
		out->data = s->in_place;
	else if (s->n_data > 0)
		out->data = (struct str){s->buf, s->n_data};
}

/* The unfinished line at the end of the input. */
static enum sse_verdict keep_rest(struct sse *s, struct str *in)
{
	if (!keep_line(s, *in, in->n))
		return SSE_FULL;
	step(in, in->n);
	return SSE_MORE;
}

void sse_init(struct sse *s, char *buf, size_t cap, size_t max_line)
{
	*s = (struct sse){.buf = buf, .cap = cap, .max_line = max_line};
}

void sse_grow(struct sse *s, char *buf, size_t cap)
{
	must(cap >= s->n_data + s->n_line);
	copy(buf, s->buf, s->n_data + s->n_line);
	s->buf = buf;
	s->cap = cap;
}

enum sse_verdict sse_next(struct sse *s, struct str *in, struct sse_event *out)
{
	if (s->is_delivered)
		clear_event(s);
	while (!s->is_too_long) {
		if (s->skips_lf && in->n > 0) {
			s->skips_lf = false;
			if (in->p[0] == '\n')
				step(in, 1);
		}
		size_t n = line_length(*in);
		if (s->n_line + n > s->max_line)
			break;
		if (n == in->n)
			return keep_rest(s, in);
		if (!make_ready(s, *in, n))
			return SSE_FULL;
		bool is_event = read_line(s, *in, n);
		s->skips_lf = in->p[n] == '\r';
		step(in, n + 1);
		if (is_event) {
			deliver(s, out);
			return SSE_EVENT;
		}
	}
	s->is_too_long = true;
	return SSE_TOO_LONG;
}

static size_t count_lf(struct str s)
{
	size_t n = 0;
	const char *lf;
	while (s.n > 0 && (lf = memchr(s.p, '\n', s.n)) != NULL) {
		step(&s, (size_t)(lf - s.p) + 1);
		n++;
	}
	return n;
}

size_t sse_size(struct str name, struct str head, struct str tail)
{
	size_t n_name = name.n > 0 ? sizeof "event: \n" - 1 + name.n : 0;
	size_t n_lf = count_lf(head) + count_lf(tail);
	return n_name + sizeof "data: \n\n" - 1 + head.n + tail.n +
	       n_lf * (sizeof "data: " - 1);
}

static char *put(char *dst, struct str s)
{
	copy(dst, s.p, s.n);
	return dst + s.n;
}

static char *put_lines(char *dst, struct str s)
{
	const char *lf;
	while (s.n > 0 && (lf = memchr(s.p, '\n', s.n)) != NULL) {
		size_t n = (size_t)(lf - s.p) + 1;
		dst = put(dst, (struct str){s.p, n});
		dst = put(dst, STR("data: "));
		step(&s, n);
	}
	return put(dst, s);
}

void sse_write(struct str name, struct str head, struct str tail, char *dst)
{
	if (name.n > 0) {
		dst = put(dst, STR("event: "));
		dst = put(dst, name);
		dst = put(dst, STR("\n"));
	}
	dst = put(dst, STR("data: "));
	dst = put_lines(dst, head);
	dst = put_lines(dst, tail);
	put(dst, STR("\n\n"));
}

/*
 * The table of raw requests that the end-to-end story also sends: here the parser alone
 * answers. Each request is given whole, cut in two at every place, byte by byte; the
 * verdicts, the bytes used and the payload must be those of the table each time.
 *
 * A case's "parser" lists what is said of each request in its bytes: 0 = accepted
 * whole, else the status of the refusal.
 */
#include "../unit.h"
#include "base/hash.h"
#include "http/body.h"

#include <json-c/json.h>

enum { MAX_ANSWERS = 32, WHOLE_CUTS_BYTES = 4096 };

static const char table_path[] = "tests/stories/raw_requests.json";
static const uint64_t max_body_bytes = 32u << 20;

/* One connection, as a front would drive it. */
struct wire {
	size_t at; /* where the request, or the rest of its body, starts */
	bool in_body, closed;
	struct http_head head;
	struct http_body body;
	unsigned n_answers;
	unsigned answers[MAX_ANSWERS];
	uint64_t payload_hash;
};

static void answer(struct wire *w, enum http_verdict v)
{
	ck_assert_uint_lt(w->n_answers, MAX_ANSWERS);
	bool error = http_verdict_is_error(v);
	w->answers[w->n_answers++] = error ? http_verdict_reason(v)->status : 0;
	w->closed = error || !w->head.keep_alive;
	w->in_body = false;
	http_head_init(&w->head);
}

static enum http_verdict read_head(struct wire *w, const char *p, size_t n)
{
	enum http_verdict v =
		http_head_parse(&w->head, p + w->at, n - w->at, &HTTP_HEAD_LIMITS);
	if (v != HTTP_DONE)
		return v;
	w->at += w->head.head_bytes;
	w->in_body = true;
	return http_body_init(&w->body, &w->head, max_body_bytes);
}

static enum http_verdict read_body(struct wire *w, const char *p, size_t n)
{
	struct http_body_step step;
	enum http_verdict v = http_body_feed(&w->body, p + w->at, n - w->at, &step);
	for (size_t i = 0; i < step.payload.n; i++)
		w->payload_hash = hash_fast64(step.payload.p + i, 1, w->payload_hash);
	ck_assert(v != HTTP_MORE || step.n_used > 0);
	w->at += step.n_used;
	return v;
}

/* n bytes have come in all. */
static void receive(struct wire *w, const char *p, size_t n)
{
	while (!w->closed && w->at < n) {
		enum http_verdict v =
			w->in_body ? read_body(w, p, n) : read_head(w, p, n);
		if (v == HTTP_MORE && !w->in_body)
			return;
		if (v != HTTP_MORE)
			answer(w, v);
	}
}

static struct wire run_cut(const char *p, size_t n, size_t cut)
{
	struct wire w = {0};
	http_head_init(&w.head);
	receive(&w, p, cut);
	receive(&w, p, n);
	return w;
}

static struct wire run_dripped(const char *p, size_t n)
{
	struct wire w = {0};
	http_head_init(&w.head);
	for (size_t i = 1; i <= n; i++)
		receive(&w, p, i);
	return w;
}

static void check_same(
	const struct wire *a, const struct wire *b, const char *name, size_t cut)
{
	ck_assert_msg(a->n_answers == b->n_answers, "%s, cut at %zu", name, cut);
	for (unsigned i = 0; i < a->n_answers; i++)
		ck_assert_msg(
			a->answers[i] == b->answers[i], "%s, cut at %zu", name, cut);
	ck_assert_msg(
		a->at == b->at && a->closed == b->closed, "%s, cut at %zu", name, cut);
	ck_assert_msg(a->payload_hash == b->payload_hash, "%s, cut at %zu", name, cut);
}

/* ---- the table ---- */

struct bytes {
	char *p;
	size_t n, cap;
};

static void push(struct bytes *b, const char *utf8, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned c = (unsigned char)utf8[i];
		if (c >= 0x80 && i + 1 < n)
			c = (c & 3) << 6 | ((unsigned char)utf8[++i] & 63);
		if (b->n == b->cap) {
			b->cap = b->cap * 2 + 1024;
			b->p = realloc(b->p, b->cap);
			ck_assert_ptr_nonnull(b->p);
		}
		b->p[b->n++] = (char)c;
	}
}

static void push_string(struct bytes *b, json_object *s)
{
	push(b, json_object_get_string(s), (size_t)json_object_get_string_len(s));
}

static void push_part(struct bytes *b, json_object *part)
{
	if (json_object_is_type(part, json_type_string)) {
		push_string(b, part);
		return;
	}
	int times = json_object_get_int(json_object_object_get(part, "times"));
	ck_assert_int_gt(times, 0);
	for (int i = 0; i < times; i++)
		push_string(b, json_object_object_get(part, "repeat"));
}

static struct bytes expand(json_object *request)
{
	struct bytes b = {0};
	if (!json_object_is_type(request, json_type_array)) {
		push_part(&b, request);
		return b;
	}
	for (size_t i = 0; i < json_object_array_length(request); i++)
		push_part(&b, json_object_array_get_idx(request, i));
	return b;
}

static const char *name_of(json_object *c)
{
	return json_object_get_string(json_object_object_get(c, "name"));
}

static void for_each_case(void (*check)(json_object *c, struct bytes b))
{
	json_object *table = json_object_from_file(table_path);
	ck_assert_msg(table != NULL, "%s (run from the top folder)", table_path);
	size_t n = json_object_array_length(table);
	ck_assert_uint_ge(n, 170);
	for (size_t i = 0; i < n; i++) {
		json_object *c = json_object_array_get_idx(table, i);
		struct bytes b = expand(json_object_object_get(c, "request"));
		check(c, b);
		free(b.p);
	}
	json_object_put(table);
}

static bool lists(json_object *array, int status)
{
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (json_object_get_int(json_object_array_get_idx(array, i)) == status)
			return true;
	return false;
}

static void check_verdicts(json_object *c, struct bytes b)
{
	struct wire w = run_cut(b.p, b.n, b.n);
	json_object *parser = json_object_object_get(c, "parser");
	size_t n = json_object_array_length(parser);
	ck_assert_msg(w.n_answers == n, "%s: %u answers", name_of(c), w.n_answers);
	for (size_t i = 0; i < n; i++) {
		int want = json_object_get_int(json_object_array_get_idx(parser, i));
		ck_assert_msg((int)w.answers[i] == want, "%s: %u, not %d", name_of(c),
			w.answers[i], want);
	}
	ck_assert_msg(w.answers[0] == 0 || lists(json_object_object_get(c, "status"),
						   (int)w.answers[0]),
		"%s: %u is not in its list", name_of(c), w.answers[0]);
	json_object *close = json_object_object_get(c, "close");
	ck_assert_msg(close == NULL || json_object_get_boolean(close) == w.closed,
		"%s: closed = %d", name_of(c), w.closed);
}

static void check_two_pieces(json_object *c, struct bytes b)
{
	struct wire whole = run_cut(b.p, b.n, b.n);
	for (size_t cut = 0; cut < b.n; cut++) {
		/* a long case is cut everywhere near its ends, now and then between */
		bool near = cut < 512 || b.n - cut < 512;
		if (b.n > WHOLE_CUTS_BYTES && !near && cut % 997 != 0)
			continue;
		struct wire w = run_cut(b.p, b.n, cut);
		check_same(&whole, &w, name_of(c), cut);
	}
}

static void check_drip(json_object *c, struct bytes b)
{
	struct wire whole = run_cut(b.p, b.n, b.n);
	struct wire w = run_dripped(b.p, b.n);
	check_same(&whole, &w, name_of(c), 1);
}

START_TEST(each_request_of_the_table_gets_its_verdicts)
{
	for_each_case(check_verdicts);
}
END_TEST

START_TEST(a_cut_at_any_byte_changes_nothing)
{
	for_each_case(check_two_pieces);
}
END_TEST

START_TEST(a_request_that_drips_in_changes_nothing)
{
	for_each_case(check_drip);
}
END_TEST

UNIT_MAIN("raw", each_request_of_the_table_gets_its_verdicts,
	a_cut_at_any_byte_changes_nothing, a_request_that_drips_in_changes_nothing)

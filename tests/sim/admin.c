/*
 * The admin interface: read the bill and the statistics, make weather, set limits, start
 * over. Plain HTTP and JSON on its own loopback port; it asks for no key.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

enum { DOWNLOAD_BYTES = 64 << 10 };

/* A bill on its way out, as long as its answer lasts. */
struct download {
	struct sim *sim;
	struct http_conn *conn;
	uint64_t at, n;
	bool keep_alive;
};

/* ---- replies -------------------------------------------------------------------- */

static void send_head(struct http_conn *conn, const struct http_request *req,
	int status, const char *type, uint64_t length)
{
	struct buf out = {0};
	buf_fmt(&out,
		"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %lu\r\n"
		"connection: %s\r\n\r\n",
		status, status == 200 ? "OK" : "No", type, length,
		req->keep_alive ? "keep-alive" : "close");
	http_send(conn, out.p, out.n);
	buf_free(&out);
}

/* Sends and frees the body. */
static void reply(struct http_conn *conn, const struct http_request *req, int status,
	struct buf *body)
{
	BUF_LIT(body, "\n");
	send_head(conn, req, status, "application/json", body->n);
	http_send(conn, body->p, body->n);
	http_finish(conn, req->keep_alive);
	buf_free(body);
}

static void refuse(struct http_conn *conn, const struct http_request *req, int status,
	const char *why)
{
	struct buf body = {0};
	BUF_LIT(&body, "{");
	buf_member_text(&body, "error", slice_of(why));
	BUF_LIT(&body, "}");
	reply(conn, req, status, &body);
}

static void reply_ok(struct http_conn *conn, const struct http_request *req)
{
	struct buf body = {0};
	BUF_LIT(&body, "{\"ok\":true}");
	reply(conn, req, 200, &body);
}

/* ---- the bill ------------------------------------------------------------------- */

static void download_more(void *user)
{
	struct download *d = user;
	char block[DOWNLOAD_BYTES];
	while (d->at < d->n && http_is_drained(d->conn)) {
		size_t want = (size_t)MIN(d->n - d->at, (uint64_t)sizeof block);
		size_t got = bill_read(&d->sim->bill, d->at, block, want);
		if (got == 0)
			break;
		http_send(d->conn, block, got);
		d->at += got;
	}
	bool lost = http_is_drained(d->conn) && d->at < d->n;
	if (d->at < d->n && !lost)
		return;
	http_finish(d->conn, d->keep_alive && !lost);
	free(d);
}

static void download_gone(void *user)
{
	free(user);
}

static void get_bill(
	struct sim *s, struct http_conn *conn, const struct http_request *req)
{
	bill_commit(&s->bill);
	struct download *d = grow(NULL, sizeof *d);
	*d = (struct download){s, conn, 0, bill_size(&s->bill), req->keep_alive};
	http_set_user(conn, d);
	send_head(conn, req, 200, "application/x-ndjson", d->n);
	download_more(d);
}

static void get_summary(
	struct sim *s, struct http_conn *conn, const struct http_request *req)
{
	struct buf body = {0};
	bill_summary(&s->bill, &body);
	reply(conn, req, 200, &body);
}

/* ---- statistics ----------------------------------------------------------------- */

static void get_stats(
	struct sim *s, struct http_conn *conn, const struct http_request *req)
{
	struct buf b = {0};
	BUF_LIT(&b, "{");
	buf_member_u64(&b, "connections", http_n_open(s->api));
	buf_member_u64(&b, "in_flight", s->n_in_flight);
	buf_member_u64(&b, "max_in_flight", s->max_in_flight);
	buf_member_u64(&b, "requests", s->n_requests);
	buf_member_u64(&b, "chats", s->n_chats);
	buf_member_u64(&b, "chats_on_reused_connections", s->n_reused);
	buf_member_u64(&b, "malformed_requests", http_n_bad(s->api));
	buf_member_u64(&b, "died_before_read", http_n_early(s->api));
	buf_member_u64(&b, "repeated_client_request_ids", s->ids.again);
	buf_member_u64(
		&b, "repeated_client_request_ids_after_billed", s->ids.again_billed);
	buf_member_u64(&b, "repeated_bodies", s->bodies.again);
	buf_member_u64(&b, "repeated_bodies_after_billed", s->bodies.again_billed);
	buf_member_u64(&b, "seen_restarts", s->ids.n_restarts + s->bodies.n_restarts);
	buf_member_u64(&b, "weather_rules", s->weather.n);
	buf_key(&b, "limiter");
	limiter_report(&s->limiter, clock_ns(), &b);
	BUF_LIT(&b, "}");
	reply(conn, req, 200, &b);
}

/* ---- weather and limits --------------------------------------------------------- */

typedef bool (*set_member)(void *target, struct slice key, struct slice value);

/* A flat object, each member given to set() as text; false at the first it refuses. */
static bool read_members(struct slice body, set_member set, void *target)
{
	struct json j = json_read(body);
	if (json_peek(&j) != '{' || !json_enter(&j, '{'))
		return false;
	struct buf plain = {0};
	bool ok = true;
	for (struct slice key, raw; ok && json_member(&j, &key);) {
		bool text = json_peek(&j) == '"';
		plain.n = 0;
		ok = text ? json_string(&j, &raw) : json_scalar(&j, &raw);
		if (ok)
			json_unescape(&plain, raw);
		ok = ok && set(target, key, buf_view(&plain));
	}
	buf_free(&plain);
	return ok && json_done(&j);
}

struct rule_draft {
	struct weather_rule rule;
	uint64_t for_ns;
};

static bool set_rule(void *target, struct slice key, struct slice value)
{
	struct rule_draft *d = target;
	return rule_set(&d->rule, &d->for_ns, key, value);
}

static bool set_limit(void *target, struct slice key, struct slice value)
{
	return limits_set(target, key, value);
}

static void post_weather(
	struct sim *s, struct http_conn *conn, const struct http_request *req)
{
	struct rule_draft d = {weather_always(), 0};
	if (!read_members(req->body, set_rule, &d)) {
		refuse(conn, req, 400, "not a weather: see README.md for the words");
		return;
	}
	if (d.for_ns > 0)
		d.rule.until_ns = clock_ns() + d.for_ns;
	if (weather_add(&s->weather, &d.rule))
		reply_ok(conn, req);
	else
		refuse(conn, req, 409, "32 rules are all there can be");
}

static void delete_weather(
	struct sim *s, struct http_conn *conn, const struct http_request *req)
{
	weather_clear(&s->weather);
	reply_ok(conn, req);
}

static void post_limits(
	struct sim *s, struct http_conn *conn, const struct http_request *req)
{
	struct limits_change change = {0};
	if (!read_members(req->body, set_limit, &change)) {
		refuse(conn, req, 400,
			"limits are rpm, tpm, cotenant_rpm, cotenant_tpm");
		return;
	}
	limits_apply(&change, &s->limiter);
	reply_ok(conn, req);
}

static void post_reset(
	struct sim *s, struct http_conn *conn, const struct http_request *req)
{
	bill_reset(&s->bill);
	limiter_reset(&s->limiter);
	weather_clear(&s->weather);
	seen_reset(&s->ids);
	seen_reset(&s->bodies);
	prefix_reset(&s->prefixes);
	s->n_requests = s->n_chats = s->n_reused = 0;
	s->max_in_flight = s->n_in_flight;
	reply_ok(conn, req);
}

/* ---- routes --------------------------------------------------------------------- */

static const struct admin_route {
	const char *method, *path;
	void (*handle)(struct sim *, struct http_conn *, const struct http_request *);
} routes[] = {
	{"GET", "/bill", get_bill},
	{"GET", "/bill/summary", get_summary},
	{"GET", "/stats", get_stats},
	{"POST", "/weather", post_weather},
	{"DELETE", "/weather", delete_weather},
	{"POST", "/limits", post_limits},
	{"POST", "/reset", post_reset},
};

static void on_request(
	void *ctx, struct http_conn *conn, const struct http_request *req)
{
	for (size_t i = 0; i < N_ELEMENTS(routes); i++) {
		if (slice_is(req->target, routes[i].path) &&
			slice_is(req->method, routes[i].method)) {
			routes[i].handle(ctx, conn, req);
			return;
		}
	}
	refuse(conn, req, 404, "no such thing here");
}

const struct http_handler admin_handler = {
	.on_request = on_request,
	.on_drain = download_more,
	.on_gone = download_gone,
};

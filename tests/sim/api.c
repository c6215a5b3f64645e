/* The routes OpenAI has, and how everything that is no completion is answered. */
#include "chat.h"
#include "exchange.h"

#include <string.h>

/* A reply that costs nothing and waits for nobody. */
static void reply(struct sim *s, struct http_conn *conn, const struct http_request *req,
	int status, struct slice body)
{
	char name[OPENAI_NAME_BYTES];
	openai_name(name, "req_", mix64(s->id_salt + s->n_requests));
	struct openai_head h = {
		.status = status,
		.content_type = "application/json",
		.length = body.n,
		.keep_alive = req->keep_alive,
		.minor = req->minor,
		.request_id = name,
	};
	openai_head(&s->wire, &h);
	BUF_LIT(&s->wire, "\r\n");
	buf_slice(&s->wire, body);
	http_send(conn, s->wire.p, s->wire.n);
	s->wire.n = 0;
	http_finish(conn, req->keep_alive);
}

static void reply_error(struct sim *s, struct http_conn *conn,
	const struct http_request *req, const struct openai_error *e)
{
	struct buf body = {0};
	openai_error_body(&body, e);
	reply(s, conn, req, e->status, buf_view(&body));
	buf_free(&body);
}

static void put_model(struct buf *out, const struct price *p)
{
	BUF_LIT(out, "{");
	buf_member_text(out, "id", slice_of(p->name));
	buf_member_text(out, "object", SLICE("model"));
	buf_member_u64(out, "created", 1715367049);
	buf_member_text(out, "owned_by", SLICE("system"));
	BUF_LIT(out, "}");
}

static void handle_models(
	struct sim *s, struct http_conn *conn, const struct http_request *req)
{
	struct openai_error e;
	if (!chat_authorize(s, chat_bearer(req), &e)) {
		reply_error(s, conn, req, &e);
		return;
	}
	struct buf body = {0};
	const struct price *p;
	BUF_LIT(&body, "{\"object\":\"list\",\"data\":[");
	for (size_t i = 0; (p = price_at(i)) != NULL; i++) {
		if (i > 0)
			BUF_LIT(&body, ",");
		put_model(&body, p);
	}
	BUF_LIT(&body, "]}\n");
	reply(s, conn, req, 200, buf_view(&body));
	buf_free(&body);
}

static const struct route {
	const char *method, *path;
	void (*handle)(struct sim *, struct http_conn *, const struct http_request *);
} routes[] = {
	{"POST", "/v1/chat/completions", chat_handle},
	{"GET", "/v1/models", handle_models},
};

static void handle_unknown(struct sim *s, struct http_conn *conn,
	const struct http_request *req, bool path_known)
{
	struct openai_error e = {
		.status = path_known ? 405 : 404, .type = "invalid_request_error"};
	int method_n = (int)MIN(req->method.n, (size_t)20);
	int target_n = (int)MIN(req->target.n, (size_t)200);
	if (path_known)
		openai_message(&e,
			"Not allowed to %.*s on %.*s. (HINT: Perhaps you meant to use a "
			"different HTTP method?)",
			method_n, req->method.p, target_n, req->target.p);
	else
		openai_message(&e, "Invalid URL (%.*s %.*s)", method_n, req->method.p,
			target_n, req->target.p);
	reply_error(s, conn, req, &e);
}

static void on_request(
	void *ctx, struct http_conn *conn, const struct http_request *req)
{
	struct sim *s = ctx;
	bool path_known = false;
	s->n_requests++;
	for (size_t i = 0; i < N_ELEMENTS(routes); i++) {
		if (!slice_is(req->target, routes[i].path))
			continue;
		path_known = true;
		if (slice_is(req->method, routes[i].method)) {
			routes[i].handle(s, conn, req);
			return;
		}
	}
	handle_unknown(s, conn, req, path_known);
}

static bool on_first(void *ctx)
{
	struct sim *s = ctx;
	return weather_dies_early(&s->weather, clock_ns());
}

const struct http_handler api_handler = {
	.on_request = on_request,
	.on_drain = exchange_on_drain,
	.on_gone = exchange_on_gone,
	.on_first = on_first,
};

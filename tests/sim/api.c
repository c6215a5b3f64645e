/* The routes OpenAI has, and how everything that costs nothing is answered. */
#include "ask.h"
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

static void put_model(struct buf *out, struct slice name)
{
	BUF_LIT(out, "{");
	buf_member_text(out, "id", name);
	buf_member_text(out, "object", SLICE("model"));
	buf_member_u64(out, "created", 1715367049);
	buf_member_text(out, "owned_by", SLICE("system"));
	BUF_LIT(out, "}");
}

static void list_models(struct buf *body)
{
	const struct price *p;
	BUF_LIT(body, "{\"object\":\"list\",\"data\":[");
	for (size_t i = 0; (p = price_at(i)) != NULL; i++) {
		if (i > 0)
			BUF_LIT(body, ",");
		put_model(body, slice_of(p->name));
	}
	BUF_LIT(body, "]}\n");
}

/* One of them by its name, which stands behind "/v1/models/". */
static bool find_model(struct slice name, struct buf *body, struct openai_error *e)
{
	if (price_find(name) != NULL) {
		put_model(body, name);
		BUF_LIT(body, "\n");
		return true;
	}
	*e = (struct openai_error){.status = 404,
		.type = "invalid_request_error",
		.param = "model",
		.code = "model_not_found"};
	openai_message(e, "The model '%.*s' does not exist",
		(int)MIN(name.n, (size_t)200), name.p);
	return false;
}

static const char models_path[] = "/v1/models";

static void handle_models(
	struct sim *s, struct http_conn *conn, const struct http_request *req)
{
	struct openai_error e;
	struct buf body = {0};
	size_t n = sizeof models_path - 1;
	bool ok = ask_authorize(s, ask_bearer(req), &e);
	if (ok && req->target.n == n)
		list_models(&body);
	else if (ok)
		ok = find_model(
			(struct slice){req->target.p + n + 1, req->target.n - n - 1},
			&body, &e);
	if (ok)
		reply(s, conn, req, 200, buf_view(&body));
	else
		reply_error(s, conn, req, &e);
	buf_free(&body);
}

/* ---- routes --------------------------------------------------------------------- */

static const struct endpoint *const endpoints[] = {&endpoint_chat, &endpoint_responses,
	&endpoint_completions, &endpoint_embeddings};

static const struct endpoint *find_endpoint(struct slice target)
{
	struct slice path = {target.p + 3, target.n - 3};
	if (target.n < 3 || memcmp(target.p, "/v1", 3) != 0)
		return NULL;
	for (size_t i = 0; i < N_ELEMENTS(endpoints); i++)
		if (slice_is(path, endpoints[i]->path))
			return endpoints[i];
	return NULL;
}

static bool is_models(struct slice target)
{
	size_t n = sizeof models_path - 1;
	return target.n >= n && memcmp(target.p, models_path, n) == 0 &&
	       (target.n == n || (target.n > n + 1 && target.p[n] == '/'));
}

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
	const struct endpoint *endpoint = find_endpoint(req->target);
	bool models = is_models(req->target);
	s->n_requests++;
	if (endpoint != NULL && slice_is(req->method, "POST"))
		ask_handle(s, endpoint, conn, req);
	else if (models && slice_is(req->method, "GET"))
		handle_models(s, conn, req);
	else
		handle_unknown(s, conn, req, endpoint != NULL || models);
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

/* One table, and the order in which a head is checked against it. */
#include "front/router.h"

#include "front/answer.h"
#include "front/auth.h"
#include "front/chat_run.h"
#include "conf/relay_path.h"
#include "front/front.h"
#include "http/pattern.h"
#include "http/query.h"
#include "http/target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ALLOW_BYTES = 64 };

#define ROUTE(method, path, role, max_body, handler)                                   \
	{HTTP_METHOD_##method, STR(path), ROUTE_##role, max_body, handler},
static const struct route routes[] = {
#include "front/routes.def"
};
#undef ROUTE

/* What relay_paths lets through; the rows stand for any path. */
static const struct route relayed[][RELAY_ROLES] = {
	{[RELAY_ADMIN] = {HTTP_METHOD_GET, STR("/v1/"), ROUTE_ADMIN, BODY_IGNORED,
		 ask_relayed_handle},
		[RELAY_CHAT] = {HTTP_METHOD_GET, STR("/v1/"), ROUTE_CHAT, BODY_IGNORED,
			ask_relayed_handle}},
	{[RELAY_ADMIN] = {HTTP_METHOD_POST, STR("/v1/"), ROUTE_ADMIN, BODY_SETTING,
		 ask_relayed_handle},
		[RELAY_CHAT] = {HTTP_METHOD_POST, STR("/v1/"), ROUTE_CHAT, BODY_SETTING,
			ask_relayed_handle}},
};

static bool method_matches(const struct route *r, enum http_method m)
{
	return r->method == m ||
	       (r->method == HTTP_METHOD_GET && m == HTTP_METHOD_HEAD);
}

static struct str path_of(const struct conn *c)
{
	return http_str(c->request->head_text, c->request->head.path);
}

const struct route *router_row(size_t ix)
{
	return ix < N_ELEMENTS(routes) ? &routes[ix] : NULL;
}

/* Clients of these read x-ratelimit-*. */
static bool is_openai(struct str path)
{
	static const struct str prefix = STR("/v1/");
	return path.n > prefix.n && memcmp(path.p, prefix.p, prefix.n) == 0;
}

static const struct route *route_of(const struct conn *c)
{
	return c->request->route;
}

/* A body that nobody will read must not be taken for the next request. */
static bool refuse_head(struct conn *c)
{
	c->state = CONN_BUSY;
	process_count(&c->front->process, COUNTER_requests_refused, 1);
	if (c->request->head.framing != HTTP_FRAMING_NONE)
		conn_close_after(c);
	return false;
}

static bool refuse(struct conn *c, enum apierr_reason reason)
{
	(void)refuse_head(c);
	answer_error(c, reason);
	return false;
}

static bool refuse_caller(struct conn *c, enum apierr_reason reason)
{
	struct apierr e;
	char needed[AUTH_ROLES_BYTES];
	if (reason != APIERR_INSUFFICIENT_ROLE)
		return refuse(c, reason);
	(void)apierr_set(&e, reason, NULL,
		"This token has the role %s; the path is for the role %s.",
		auth_role_name(c), auth_roles_that_may(route_of(c)->role, needed));
	(void)refuse_head(c);
	answer_apierr(c, &e);
	return false;
}

static bool has_no_body(const struct http_head *h)
{
	return h->framing == HTTP_FRAMING_NONE ||
	       (h->framing == HTTP_FRAMING_LENGTH && h->content_length == 0);
}

static bool is_json(const struct conn *c)
{
	static const struct str json = STR("application/json");
	struct str t = http_str(c->request->head_text, c->request->head.content_type);
	return t.n >= json.n && strncasecmp(t.p, json.p, json.n) == 0 &&
	       (t.n == json.n || t.p[json.n] == ';' || t.p[json.n] == ' ');
}

static bool is_relayed_method(enum http_method m)
{
	return m == HTTP_METHOD_GET || m == HTTP_METHOD_POST;
}

/* Whoever runs Atlas may want to, where that would help. */
static bool refuse_unserved(struct conn *c)
{
	struct apierr e;
	const struct http_head *h = &c->request->head;
	bool would_help =
		is_relayed_method(h->method) && (has_no_body(h) || is_json(c));
	(void)apierr_set(&e, APIERR_NOT_FOUND, NULL,
		would_help
			? "Atlas does not serve this path; [server] relay_paths in its "
			  "configuration can let it through."
			: "Atlas does not serve this path, nor could [server] "
			  "relay_paths in its configuration let this request through: "
			  "it passes on GET and POST, with a body of JSON or none.");
	(void)refuse_head(c);
	answer_apierr(c, &e);
	return false;
}

/* A path that only relay_paths has. False = not that either: answered. */
static bool find_relayed(struct conn *c, struct str path)
{
	const struct settings_list *list = &c->front->process.settings.relay_paths;
	enum http_method m = c->request->head.method;
	enum relay_role role;
	if (!http_path_is_canonical(path) || path.n < 4 ||
		memcmp(path.p, "/v1/", 4) != 0)
		return refuse(c, APIERR_NOT_FOUND);
	if (!relay_path_find(list, path, &role))
		return refuse_unserved(c);
	if (is_relayed_method(m)) {
		c->request->route = &relayed[m == HTTP_METHOD_POST][role];
		return true;
	}
	(void)refuse_head(c);
	answer_not_allowed(c, "GET, POST");
	return false;
}

/* The methods that a path has, for Allow. */
static void add_method(char allow[static ALLOW_BYTES], enum http_method m)
{
	static const char *const names[] = {[HTTP_METHOD_GET] = "GET, HEAD",
		[HTTP_METHOD_POST] = "POST",
		[HTTP_METHOD_PATCH] = "PATCH",
		[HTTP_METHOD_DELETE] = "DELETE"};
	size_t n = strlen(allow);
	snprintf(allow + n, ALLOW_BYTES - n, "%s%s", n > 0 ? ", " : "", names[m]);
}

static bool find_route(struct conn *c)
{
	struct str path = path_of(c);
	char allow[ALLOW_BYTES] = "";
	struct str star;
	for (size_t i = 0; i < N_ELEMENTS(routes); i++) {
		if (!http_pattern_match(routes[i].path, path, &star))
			continue;
		if (method_matches(&routes[i], c->request->head.method)) {
			c->request->route = &routes[i];
			return true;
		}
		add_method(allow, routes[i].method);
	}
	if (allow[0] == '\0' || !http_path_is_canonical(path))
		return find_relayed(c, path);
	(void)refuse_head(c);
	answer_not_allowed(c, allow);
	return false;
}

static bool is_compressed(const struct conn *c)
{
	static const struct str none = STR("identity");
	const struct http_head *h = &c->request->head;
	const char *text = c->request->head_text;
	const struct http_header *coding =
		http_head_find(h, text, STR("Content-Encoding"));
	if (coding == NULL || has_no_body(h))
		return false;
	struct str v = http_str(text, coding->value);
	return v.n != none.n || strncasecmp(v.p, none.p, none.n) != 0;
}

static bool refuse_compressed(struct conn *c)
{
	struct apierr e;
	(void)refuse_head(c);
	(void)apierr_set(&e, APIERR_UNSUPPORTED_MEDIA_TYPE, NULL,
		"Send the body as it is; no Content-Encoding is taken apart here.");
	answer_apierr(c, &e);
	return false;
}

static bool has_right_content_type(struct conn *c)
{
	enum http_method m = c->request->head.method;
	if (m != HTTP_METHOD_POST && m != HTTP_METHOD_PATCH)
		return true;
	if (route_of(c)->max_body == BODY_IGNORED)
		return true;
	if (route_of(c)->handle == ask_relayed_handle && has_no_body(&c->request->head))
		return true;
	if (is_compressed(c))
		return refuse_compressed(c);
	return is_json(c) || refuse(c, APIERR_UNSUPPORTED_MEDIA_TYPE);
}

uint64_t router_max_body(const struct conn *c)
{
	uint64_t max = route_of(c)->max_body;
	return max == BODY_SETTING ? c->front->process.settings.max_body_bytes : max;
}

bool router_admit(struct conn *c)
{
	enum apierr_reason reason;
	if (!auth_host_is_ours(c))
		return refuse(c, APIERR_MISDIRECTED_HOST);
	if (!find_route(c))
		return false;
	if (c->request->head.content_length > router_max_body(c))
		return refuse(c, APIERR_BODY_TOO_LARGE);
	if (!auth_is_same_site(c))
		return refuse(c, APIERR_CROSS_SITE);
	if (!auth_may(c, route_of(c)->role, &reason))
		return refuse_caller(c, reason);
	if (is_openai(path_of(c)))
		c->request->add_headers = admit_add_headers;
	return has_right_content_type(c);
}

void router_handle(struct conn *c)
{
	route_of(c)->handle(c);
}

struct str router_tail(const struct conn *c)
{
	struct str star;
	(void)!http_pattern_match(route_of(c)->path, path_of(c), &star);
	return star;
}

struct str router_name(const struct conn *c, char *text, size_t cap)
{
	struct str name;
	if (!http_segment_decode(router_tail(c), text, cap, &name))
		return (struct str){text, 0};
	return name;
}

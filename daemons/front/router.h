/*
 * From a request's head to its handler: host, path, method, announced length, site, role,
 * content type, in that order, each refusal with its own status. One table (routes.def);
 * what is not in it is 404, and a row without a role does not compile.
 */
#ifndef FRONT_ROUTER_H
#define FRONT_ROUTER_H

#include "front/conn.h"

/* Which callers a route lets in. */
enum route_role {
	ROUTE_PUBLIC = 1,
	ROUTE_CHAT,
	ROUTE_MONITOR,
	ROUTE_OWN, /* MONITOR, and CHAT for its own: auth_sees_own_only() */
	ROUTE_ADMIN
};

#define BODY_SETTING UINT64_MAX
#define BODY_IGNORED 65536 /* a request with a body keeps its connection */

struct route {
	enum http_method method; /* GET stands for HEAD too */
	struct str path;
	enum route_role role;
	uint64_t max_body;
	void (*handle)(struct conn *c); /* answers, or makes the connection wait */
};

/* The head is whole: may it go on to its body? False = it has been answered. */
bool router_admit(struct conn *c) ATTR_UNUSED_RESULT;

/* The body bound of the admitted request's route. */
uint64_t router_max_body(const struct conn *c);

/* The request is whole: call its handler. */
void router_handle(struct conn *c);

/* What stands for the "*" or "**" of the route's path. */
struct str router_tail(const struct conn *c);

/* The same as a name, percent-decoded into text[0 .. cap), where it then points; empty
 * when it is malformed or longer, for no name is that. */
struct str router_name(const struct conn *c, char *text, size_t cap);

/* All of them, for checks: row ix, NULL behind the last. */
const struct route *router_row(size_t ix);

/* The handlers of routes.def. */
void health_handle(struct conn *c);
void ready_handle(struct conn *c);
void openapi_handle(struct conn *c);
void page_redirect_handle(struct conn *c);
void page_handle(struct conn *c);
void models_handle(struct conn *c);
void model_handle(struct conn *c);
void ask_handle(struct conn *c);
void ask_relayed_handle(struct conn *c);
void admin_tokens_handle(struct conn *c);
void admin_token_create_handle(struct conn *c);
void admin_token_change_handle(struct conn *c);
void admin_token_revoke_handle(struct conn *c);
void chat_stream_handle(struct conn *c);
void chat_complete_handle(struct conn *c);
void chat_models_handle(struct conn *c);
void chat_sessions_handle(struct conn *c);
void chat_session_handle(struct conn *c);
void chat_export_handle(struct conn *c);
void chat_rename_handle(struct conn *c);
void chat_remove_handle(struct conn *c);
void tools_handle(struct conn *c);
void tool_sample_handle(struct conn *c);
void usage_handle(struct conn *c);
void session_usage_handle(struct conn *c);
void rate_limits_handle(struct conn *c);
void limits_reset_handle(struct conn *c);
void queue_status_handle(struct conn *c);
void alerts_handle(struct conn *c);
void cost_handle(struct conn *c);
void performance_handle(struct conn *c);
void request_story_handle(struct conn *c);
void request_cancel_handle(struct conn *c);
void session_cancel_handle(struct conn *c);
void export_handle(struct conn *c);
void live_handle(struct conn *c);
void metrics_handle(struct conn *c);

#endif

/* atlasctl tokens: client tokens. Made and voided by the master, listed from the ledger,
 * which answers with nothing running too. */
#include "ctl/client.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "segment/clients.h"
#include "store/query.h"
#include "text/jsonw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { REQUEST_BYTES = 512, ID_TEXT_BYTES = 17 };

/* ---- create and revoke ----------------------------------------------------------------- */

struct create_args {
	const char *role, *name; /* NULL = not given */
};

static bool parse_create(const struct ctl *c, struct create_args *a)
{
	*a = (struct create_args){0};
	for (int i = 0; i + 1 < c->n_args; i += 2) {
		const char **to = strcmp(c->arg[i], "--role") == 0   ? &a->role
				  : strcmp(c->arg[i], "--name") == 0 ? &a->name
								     : NULL;
		if (to == NULL || *to != NULL)
			return false;
		*to = c->arg[i + 1];
	}
	return c->n_args % 2 == 0 && a->role != NULL && a->name != NULL;
}

/* {"command":…,"role":…,"name":…}; role may be NULL. False = too long to be any. */
static bool make_request(struct jsonw *w, char *buf, const char *command,
	const char *role, const char *name, struct str *out)
{
	jsonw_init_fixed(w, buf, REQUEST_BYTES);
	jsonw_begin_object(w);
	show_json_text(w, STR("command"), command);
	if (role != NULL)
		show_json_text(w, STR("role"), role);
	show_json_text(w, STR("name"), name);
	jsonw_end_object(w);
	return jsonw_done(w, out);
}

static enum ctl_exit demand(const struct ctl *c, const char *command, const char *role,
	const char *name, struct client_answer *a)
{
	char buf[REQUEST_BYTES];
	struct jsonw w;
	struct str request;
	if (!make_request(&w, buf, command, role, name, &request))
		return ctl_fail(c, CTL_REFUSED, "the name is too long");
	return client_demand(c, request, a);
}

enum ctl_exit ctl_tokens_create(struct ctl *c)
{
	struct create_args args;
	struct client_answer a;
	char token[128], id[ID_TEXT_BYTES];
	if (!parse_create(c, &args))
		return CTL_USAGE;
	enum ctl_exit status = demand(c, "tokens-create", args.role, args.name, &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json)
		printf("%s\n", a.text);
	else
		printf("created %s token %s (id %s)\n%s\n"
		       "It is not kept anywhere: copy it now.\n",
			args.role, args.name, client_text(&a, "id", id, sizeof id),
			client_text(&a, "token", token, sizeof token));
	explicit_bzero(token, sizeof token);
	client_free(&a);
	return CTL_DONE;
}

enum ctl_exit ctl_tokens_revoke(struct ctl *c)
{
	struct client_answer a;
	char id[ID_TEXT_BYTES], name[CLIENT_NAME_BYTES];
	if (c->n_args != 1)
		return CTL_USAGE;
	enum ctl_exit status = demand(c, "tokens-revoke", NULL, c->arg[0], &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json)
		printf("%s\n", a.text);
	else
		printf("%s (id %s): active -> revoked\n",
			client_text(&a, "name", name, sizeof name),
			client_text(&a, "id", id, sizeof id));
	client_free(&a);
	return CTL_DONE;
}

/* ---- list --------------------------------------------------------------------------------- */

struct listing {
	bool is_json;
	struct jsonw w;
	uint64_t n;
};

static void list_json(struct listing *l, const struct token *t)
{
	char id[ID_TEXT_BYTES];
	snprintf(id, sizeof id, "%016" PRIx64, t->id);
	jsonw_begin_object(&l->w);
	show_json_text(&l->w, STR("id"), id);
	show_json_text(&l->w, STR("name"), t->name);
	show_json_text(&l->w, STR("role"), client_role_name((enum client_role)t->role));
	show_json_time(&l->w, STR("created_at"), t->created_ms);
	show_json_time(&l->w, STR("revoked_at"), t->revoked_ms);
	jsonw_end_object(&l->w);
}

static bool on_token(void *arg, const struct token *t)
{
	struct listing *l = arg;
	char created[SHOW_TIME_BYTES], revoked[SHOW_TIME_BYTES];
	if (l->is_json) {
		list_json(l, t);
		return true;
	}
	if (l->n++ == 0)
		printf("%-16s  %-8s %-24s %-20s %s\n", "ID", "ROLE", "CREATED",
			"REVOKED", "NAME");
	printf("%016" PRIx64 "  %-8s %-24s %-20s %s\n", t->id,
		client_role_name((enum client_role)t->role),
		show_time(t->created_ms, created), show_time(t->revoked_ms, revoked),
		t->name);
	return true;
}

static enum ctl_exit walk_tokens(
	const struct ctl *c, struct store *s, struct listing *l)
{
	struct query_place at = query_start();
	struct err e = {0};
	enum query_verdict v;
	do
		v = query_tokens(s, &at, on_token, l, &e);
	while (v == QUERY_MORE);
	if (v == QUERY_FAILED)
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	show_damaged(at.n_bad);
	return CTL_DONE;
}

enum ctl_exit ctl_tokens_list(struct ctl *c)
{
	struct store *s;
	struct listing l = {.is_json = c->is_json};
	if (c->n_args != 0)
		return CTL_USAGE;
	enum ctl_exit status = target_open_ledger(c, &s);
	if (status != CTL_DONE)
		return status;
	jsonw_init(&l.w, SHOW_JSON_BYTES);
	jsonw_begin_array(&l.w);
	status = walk_tokens(c, s, &l);
	jsonw_end_array(&l.w);
	if (status == CTL_DONE && c->is_json)
		show_json(&l.w);
	jsonw_fini(&l.w);
	store_close(s);
	return status;
}

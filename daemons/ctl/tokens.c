/* atlasctl tokens create, update, revoke: asked of the master. */
#include "ctl/tokens.h"

#include "ctl/client.h"
#include "ctl/confirm.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "decide/unknown_models.h"
#include "segment/tokens.h"
#include "text/jsonw.h"

#include <stdio.h>
#include <string.h>

enum { REQUEST_BYTES = 4096, ID_TEXT_BYTES = 17 };

/* ---- options ---------------------------------------------------------------------------- */

static void swap(char *text, char from, char to)
{
	for (; *text != '\0'; text++)
		if (*text == from)
			*text = to;
}

const char *tokens_option(enum client_limit which, char out[static TOKENS_OPTION_BYTES])
{
	snprintf(out, TOKENS_OPTION_BYTES, "%s", client_limit_name(which));
	swap(out, '_', '-');
	return out;
}

/* "--requests-per-minute" → the name the master knows; false = it is none. */
static bool name_of_option(const char *arg, char name[static TOKENS_OPTION_BYTES])
{
	enum client_limit which;
	if (strncmp(arg, "--", 2) != 0 || strlen(arg + 2) >= TOKENS_OPTION_BYTES)
		return false;
	snprintf(name, TOKENS_OPTION_BYTES, "%s", arg + 2);
	if (strchr(name, '_') != NULL)
		return false;
	swap(name, '-', '_');
	struct str s = {name, strlen(name)};
	return client_limit_find(s, &which) || strcmp(name, "role") == 0 ||
	       strcmp(name, "name") == 0;
}

/* {"command":…, one member for each option}. */
struct demand {
	char buf[REQUEST_BYTES];
	struct jsonw w;
};

static void begin_demand(struct demand *d, const char *command)
{
	jsonw_init_fixed(&d->w, d->buf, sizeof d->buf);
	jsonw_begin_object(&d->w);
	show_json_text(&d->w, STR("command"), command);
}

/* What the master would refuse too, but this is a slip of the keyboard. */
static bool check_value(const struct ctl *c, const char *name, const char *value)
{
	enum client_limit which;
	struct client_limits l = {0};
	struct err e = {0};
	struct str key = {name, strlen(name)}, text = {value, strlen(value)};
	bool is_limit = client_limit_find(key, &which);
	bool is_good =
		is_limit ? client_limit_parse(&l, which, text, &e)
			 : strcmp(name, "name") != 0 || token_check_name(text, &e);
	if (!is_good)
		ctl_fail(c, CTL_USAGE, "%s", e.text);
	return is_good;
}

/* From argument `from` on, in pairs. False = not as the usage has it. */
static bool add_options(struct demand *d, const struct ctl *c, int from)
{
	for (int i = from; i + 1 < c->n_args; i += 2) {
		char name[TOKENS_OPTION_BYTES];
		if (!name_of_option(c->arg[i], name) ||
			!check_value(c, name, c->arg[i + 1]))
			return false;
		show_json_text(&d->w, (struct str){name, strlen(name)}, c->arg[i + 1]);
	}
	return (c->n_args - from) % 2 == 0;
}

static enum ctl_exit send_demand(
	const struct ctl *c, struct demand *d, struct client_answer *a)
{
	struct str request;
	jsonw_end_object(&d->w);
	if (!jsonw_done(&d->w, &request))
		return ctl_fail(c, CTL_REFUSED, "the arguments are too long");
	return client_demand(c, request, a);
}

/* The argument of an option from argument `from` on, NULL = it is not given. */
static const char *given(const struct ctl *c, int from, const char *option)
{
	for (int i = from; i + 1 < c->n_args; i += 2)
		if (strcmp(c->arg[i], option) == 0)
			return c->arg[i + 1];
	return NULL;
}

/* ---- what is said of limits ---------------------------------------------------------------- */

static struct str said(struct str limit)
{
	bool is_none = limit.n == 4 && memcmp(limit.p, "none", 4) == 0;
	return is_none ? STR("no limit") : limit;
}

/* As the command has them: 0 and none are the same, and it says so. */
static void print_given(const struct ctl *c)
{
	for (int i = 0; i + 1 < c->n_args; i += 2) {
		enum client_limit which;
		struct client_limits l = {0};
		char name[TOKENS_OPTION_BYTES], text[CLIENT_MODELS_BYTES];
		struct str value = {c->arg[i + 1], strlen(c->arg[i + 1])}, now;
		if (!name_of_option(c->arg[i], name) ||
			!client_limit_find((struct str){name, strlen(name)}, &which) ||
			!client_limit_parse(&l, which, value, NULL))
			continue;
		client_limit_format(&l, which, text);
		now = said((struct str){text, strlen(text)});
		printf("    %-20s " STR_FMT "\n", name, STR_ARG(now));
	}
}

static void warn_of(
	const struct segment *s, const struct models *m, const struct client_limits *l)
{
	struct str name;
	static struct settings settings; /* too large for a stack */
	struct known_models known = {m, &settings.models};
	if (page_read(s->settings, &settings, sizeof settings) == 0)
		return;
	for (size_t at = 0; unknown_models_next(&known, l, &at, &name);)
		fprintf(stderr,
			"atlasctl: warning: neither the catalogue nor a [model] section "
			"knows the model \"" STR_FMT "\"; the token may use it all the "
			"same\n",
			STR_ARG(name));
}

/* A model may come later; but it may be a slip. */
static void warn_of_unknown(const struct ctl *c, const char *models)
{
	struct segment s;
	struct client_limits l = {0};
	if (models == NULL ||
		!client_limit_parse(&l, CLIENT_LIMIT_models,
			(struct str){models, strlen(models)}, NULL) ||
		!segment_open(&s, c->segment, NULL))
		return;
	struct models *m = target_read_catalogue(&s, NULL);
	if (m != NULL)
		warn_of(&s, m, &l);
	models_free(m);
	segment_close(&s);
}

/* ---- the commands -------------------------------------------------------------------------- */

enum ctl_exit ctl_tokens_create(struct ctl *c)
{
	struct demand d;
	struct client_answer a;
	char token[128], id[ID_TEXT_BYTES];
	const char *role = given(c, 0, "--role"), *name = given(c, 0, "--name");
	begin_demand(&d, "tokens-create");
	if (!add_options(&d, c, 0))
		return CTL_USAGE;
	enum ctl_exit status = send_demand(c, &d, &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json) {
		printf("%s\n", a.text);
	} else {
		printf("created %s token %s (id %s)\n", role, name,
			client_text(&a, "id", id, sizeof id));
		print_given(c);
		printf("%s\nIt is not kept anywhere: copy it now.\n",
			client_text(&a, "token", token, sizeof token));
	}
	warn_of_unknown(c, given(c, 0, "--models"));
	explicit_bzero(token, sizeof token);
	client_free(&a);
	return CTL_DONE;
}

static void print_token(const struct client_answer *a)
{
	char id[ID_TEXT_BYTES], name[CLIENT_NAME_BYTES];
	printf("%s (id %s): ", client_text(a, "name", name, sizeof name),
		client_text(a, "id", id, sizeof id));
}

/* --yes may stand before the name, too. */
static const char *whose(const struct ctl *c, bool *is_sure)
{
	const char *name = NULL;
	*is_sure = false;
	for (int i = 0; i < c->n_args; i++)
		if (strcmp(c->arg[i], "--yes") == 0)
			*is_sure = true;
		else
			name = c->arg[i];
	return name;
}

/* Without an admin token nobody sees the page's tokens, or makes one there. */
static enum ctl_exit check_revoke(const struct ctl *c, const char *name, bool is_sure)
{
	struct segment s;
	struct err e = {0};
	enum ctl_exit status = target_open_segment(c, &s);
	if (status != CTL_DONE)
		return status;
	const struct client *entry =
		token_find_live(&s.clients, (struct str){name, strlen(name)}, &e);
	bool is_last = entry != NULL && token_is_last_admin(&s.clients, entry);
	segment_close(&s);
	return confirm(c, is_sure || !is_last,
		"It is the last admin token: without one nobody can change anything on "
		"the web page or by HTTP, until `atlasctl tokens create --role admin "
		"--name NAME` makes another. Revoke it?");
}

enum ctl_exit ctl_tokens_revoke(struct ctl *c)
{
	struct demand d;
	struct client_answer a;
	bool is_sure;
	const char *name = whose(c, &is_sure);
	enum ctl_exit status = check_revoke(c, name, is_sure);
	if (status != CTL_DONE)
		return status;
	begin_demand(&d, "tokens-revoke");
	show_json_text(&d.w, STR("name"), name);
	status = send_demand(c, &d, &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json) {
		printf("%s\n", a.text);
	} else {
		print_token(&a);
		printf("active -> revoked\n");
	}
	client_free(&a);
	return CTL_DONE;
}

static void print_changes(const struct client_answer *a)
{
	struct doc_at root = doc_root(a->doc), changes, one;
	if (!doc_find(&root, "changes", &changes))
		return;
	for (size_t i = 0; doc_item(&changes, i, &one); i++) {
		struct str limit = client_member(&one, "limit");
		struct str old = said(client_member(&one, "old"));
		struct str now = said(client_member(&one, "new"));
		print_token(a);
		printf(STR_FMT " " STR_FMT " -> " STR_FMT "\n", STR_ARG(limit),
			STR_ARG(old), STR_ARG(now));
	}
}

/* Whose token it is may stand before the limits or behind: it goes before them. */
static void put_name_first(struct ctl *c)
{
	int i = 0;
	while (i < c->n_args && strncmp(c->arg[i], "--", 2) == 0)
		i += 2;
	if (i == 0 || i >= c->n_args)
		return;
	char *name = c->arg[i];
	memmove(&c->arg[1], &c->arg[0], (size_t)i * sizeof c->arg[0]);
	c->arg[0] = name;
}

enum ctl_exit ctl_tokens_update(struct ctl *c)
{
	struct demand d;
	struct client_answer a = {0};
	begin_demand(&d, "tokens-update");
	if (c->n_args < 3)
		return ctl_fail(c, CTL_USAGE,
			"tokens update: no limit is named, so nothing would change");
	put_name_first(c);
	show_json_text(&d.w, STR("name"), c->arg[0]);
	if (!add_options(&d, c, 1))
		return CTL_USAGE;
	enum ctl_exit status = send_demand(c, &d, &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json)
		printf("%s\n", a.text);
	else
		print_changes(&a);
	warn_of_unknown(c, given(c, 1, "--models"));
	client_free(&a);
	return CTL_DONE;
}

/* What atlasctl tokens asks of the master. */
#include "atlasd/control_parts.h"

#include "atlasd/master.h"
#include "base/clock.h"

#include <string.h>

#define WAIT_LIMIT_NS (3 * NS_PER_S)

static void put_id(struct jsonw *w, uint64_t id)
{
	char text[TOKEN_ID_BYTES];
	token_id_format(id, text);
	control_put_text(w, STR("id"), text);
}

static struct str str_of(const char *text)
{
	return (struct str){text, strlen(text)};
}

static bool has_no_limits(const struct control_call *call)
{
	return call->change.set == 0;
}

bool control_begin_tokens_create(struct master *m, struct control_call *call)
{
	struct err e = {0};
	struct token_order o = {.name = str_of(call->name),
		.limits = call->change.limits,
		.wall_ms = m->now_ms};
	if (!client_role_parse(str_of(call->role), &o.role))
		return control_refuse_call(call, "role must be chat, monitor or admin");
	if (!tokens_create(m, &o, call->token, &call->wait, &e))
		return control_refuse_call(call, e.text);
	call->until_ns = m->now_ns + WAIT_LIMIT_NS;
	return false;
}

/* What to say of a change that is not there in time, or was lost. */
static bool refuse_outcome(
	struct control_call *call, enum token_outcome o, const char *late)
{
	return control_refuse_call(call,
		o == TOKEN_LOST ? "another change came first, or there is no room; see "
				  "`tokens list`"
				: late);
}

bool control_step_tokens_create(struct master *m, struct control_call *call)
{
	struct jsonw *w = &call->answer;
	enum token_outcome o = tokens_look(m, &call->wait);
	if (o == TOKEN_UNDER_WAY && m->now_ns < call->until_ns)
		return false;
	if (o == TOKEN_DONE) {
		control_begin_answer(w);
		put_id(w, call->wait.id);
		control_put_text(w, STR("name"), call->name);
		control_put_text(w, STR("role"), call->role);
		control_put_text(w, STR("token"), call->token);
		jsonw_end_object(w);
	} else {
		(void)refuse_outcome(call, o,
			"record did not write it down in time; if the token shows up "
			"in `tokens list`, revoke it and create another");
	}
	explicit_bzero(call->token, sizeof call->token);
	return true;
}

bool control_begin_tokens_revoke(struct master *m, struct control_call *call)
{
	struct err e = {0};
	if (!has_no_limits(call))
		return control_refuse_call(
			call, "a token that is revoked gets no limits");
	if (!tokens_revoke(m, str_of(call->name), &call->wait, &e))
		return control_refuse_call(call, e.text);
	call->until_ns = m->now_ns + WAIT_LIMIT_NS;
	return false;
}

static void begin_token_answer(struct master *m, struct control_call *call)
{
	control_begin_answer(&call->answer);
	put_id(&call->answer, call->wait.id);
	control_put_text(&call->answer, STR("name"),
		clients_at(&m->segment.clients, call->wait.ix)->name);
}

bool control_step_tokens_revoke(struct master *m, struct control_call *call)
{
	enum token_outcome o = tokens_look(m, &call->wait);
	if (o == TOKEN_UNDER_WAY && m->now_ns < call->until_ns)
		return false;
	if (o != TOKEN_DONE)
		return refuse_outcome(call, o,
			"record has not written it down yet; it is revoked as soon as "
			"record runs again: see `tokens list`");
	begin_token_answer(m, call);
	jsonw_end_object(&call->answer);
	return true;
}

bool control_begin_tokens_update(struct master *m, struct control_call *call)
{
	struct err e = {0};
	if (has_no_limits(call))
		return control_refuse_call(call, "name a limit to change");
	if (!tokens_update(m, str_of(call->name), &call->change, &call->wait, &e))
		return control_refuse_call(call, e.text);
	clients_limits(&m->segment.clients, call->wait.ix, &call->old);
	call->until_ns = m->now_ns + WAIT_LIMIT_NS;
	return false;
}

static void put_change(struct jsonw *w, const struct control_call *call,
	const struct client_limits *now, enum client_limit which)
{
	char text[CLIENT_MODELS_BYTES];
	jsonw_begin_object(w);
	control_put_text(w, STR("limit"), client_limit_name(which));
	control_put_text(w, STR("old"), client_limit_format(&call->old, which, text));
	control_put_text(w, STR("new"), client_limit_format(now, which, text));
	jsonw_end_object(w);
}

bool control_step_tokens_update(struct master *m, struct control_call *call)
{
	struct client_limits now;
	struct jsonw *w = &call->answer;
	enum token_outcome o = tokens_look(m, &call->wait);
	if (o == TOKEN_UNDER_WAY && m->now_ns < call->until_ns)
		return false;
	if (o != TOKEN_DONE)
		return refuse_outcome(call, o,
			"record has not written it down yet; it holds as soon as record "
			"runs again: see `tokens list`");
	clients_limits(&m->segment.clients, call->wait.ix, &now);
	begin_token_answer(m, call);
	jsonw_key(w, STR("changes"));
	jsonw_begin_array(w);
	for (unsigned i = 0; i < CLIENT_LIMITS; i++)
		if ((call->change.set & 1u << i) != 0)
			put_change(w, call, &now, (enum client_limit)i);
	jsonw_end_array(w);
	jsonw_end_object(w);
	return true;
}

bool control_take_limit(struct token_change *change, enum client_limit which,
	struct str text, struct err *e)
{
	if ((change->set & 1u << which) != 0)
		return err_set(e, "a key is given twice");
	change->set |= 1u << which;
	return client_limit_parse(&change->limits, which, text, e);
}

/* What atlasctl asks of dispatch, through the master's lane of orders. */
#include "atlasd/control_parts.h"

#include "atlasd/master.h"
#include "base/clock.h"

#include <string.h>

#define WAIT_LIMIT_NS (3 * NS_PER_S)

/* True = refused. */
static bool begin_order(
	struct master *m, struct control_call *call, const struct order *o)
{
	if (!master_order(m, o, &call->order))
		return control_refuse_call(
			call, "dispatch has not obeyed the last orders yet; try again");
	call->until_ns = m->now_ns + WAIT_LIMIT_NS;
	return false;
}

static bool is_obeyed(
	const struct master *m, const struct control_call *call, struct order_answer *a)
{
	return orders_look(segment_orders(&m->segment, SLOT_MASTER), call->order, a);
}

/* True = and the caller has been told. */
static bool is_late(const struct master *m, struct control_call *call)
{
	return m->now_ns >= call->until_ns &&
	       control_refuse_call(call,
		       "the order is given, but dispatch is away; it is obeyed as soon "
		       "as dispatch is back");
}

static bool read_cancel(const struct control_call *call, struct order *o)
{
	struct str id = {call->id, strlen(call->id)};
	if (call->session[0] == '\0') {
		o->kind = ORDER_CANCEL_REQUEST;
		return exchange_id_parse(id, o->id);
	}
	o->kind = ORDER_CANCEL_SESSION;
	_Static_assert(sizeof o->session == sizeof call->session, "texts as long");
	memcpy(o->session, call->session, sizeof o->session);
	return id.n == 0;
}

bool control_begin_cancel(struct master *m, struct control_call *call)
{
	struct order o = {0};
	if (!read_cancel(call, &o))
		return control_refuse_call(
			call, "name a request (req_ and 32 hex digits) or a session");
	return begin_order(m, call, &o);
}

bool control_step_cancel(struct master *m, struct control_call *call)
{
	struct order_answer a;
	struct jsonw *w = &call->answer;
	if (!is_obeyed(m, call, &a))
		return is_late(m, call);
	if (a.n_queued + a.n_running == 0)
		return control_refuse_call(call,
			"nothing of that name waits or runs: it has ended, or never "
			"was");
	control_begin_answer(w);
	control_put_u64(w, STR("cancelled"), (uint64_t)a.n_queued + a.n_running);
	control_put_u64(w, STR("queued"), a.n_queued);
	control_put_u64(w, STR("running"), a.n_running);
	jsonw_end_object(w);
	return true;
}

bool control_begin_reset(struct master *m, struct control_call *call)
{
	struct order o = {.kind = ORDER_RESET_LIMITS};
	return begin_order(m, call, &o);
}

bool control_step_reset(struct master *m, struct control_call *call)
{
	struct order_answer a;
	struct jsonw *w = &call->answer;
	if (!is_obeyed(m, call, &a))
		return is_late(m, call);
	control_begin_answer(w);
	control_put_u64(w, STR("limits"), a.n_limits);
	control_put_u64(w, STR("keys"), a.n_keys);
	jsonw_end_object(w);
	return true;
}

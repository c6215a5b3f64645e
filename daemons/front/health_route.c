/*
 * GET /healthz: this process lives. GET /readyz: requests can be served now, and whether
 * a simulator will answer them.
 */
#include "front/answer.h"
#include "front/front.h"
#include "front/router.h"
#include "insight/alerts_view.h"
#include "insight/limits_view.h"
#include "text/jsonw.h"

#include <string.h>

enum { REASONS = 7 }; /* for a no, at most */

void health_handle(struct conn *c)
{
	answer_json(c, 200, STR("{\"status\":\"ok\"}"));
}

static bool is_ready(const struct segment *s, uint32_t slot)
{
	const struct proc *p = segment_proc(s, slot);
	enum proc_state state = proc_state(p);
	return (state == PROC_STARTING || state == PROC_READY) && proc_is_ready(p);
}

static bool is_ledger_stuck(const struct segment *s)
{
	struct alerts_page page;
	alerts_view_take(&page, s);
	return alerts_view_ledger_trouble(&page) != NULL;
}

/* Each reason for a no, as a word. */
static size_t list_reasons(const struct front *f, struct str out[static REASONS])
{
	const struct segment *s = f->process.segment;
	struct limits_view v;
	size_t n = 0;
	limits_view_take(&v, s, f->process.now_ns);
	if (!clients_is_published(&s->clients))
		out[n++] = STR("tokens_not_loaded");
	if (!is_ready(s, SLOT_RECORD))
		out[n++] = STR("record_not_ready");
	if (is_ledger_stuck(s))
		out[n++] = STR("ledger_unavailable");
	if (!is_ready(s, SLOT_DISPATCH))
		out[n++] = STR("dispatch_not_ready");
	if (limits_view_lacks_key(&v))
		out[n++] = STR("no_api_key");
	if (limits_view_is_cut_off(&v))
		out[n++] = STR("key_out_of_service");
	if (f->process.phase != PROCESS_RUNNING || front_is_held(f))
		out[n++] = STR("draining");
	return n;
}

void ready_handle(struct conn *c)
{
	struct str reasons[REASONS], body;
	size_t n = list_reasons(c->front, reasons);
	char buf[512];
	struct jsonw w;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("status"));
	jsonw_string(&w, n == 0 ? STR("ready") : STR("not_ready"));
	jsonw_key(&w, STR("reasons"));
	jsonw_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		jsonw_string(&w, reasons[i]);
	jsonw_end_array(&w);
	jsonw_key(&w, STR("simulated"));
	jsonw_bool(&w, c->front->process.settings.simulated);
	jsonw_end_object(&w);
	must(jsonw_done(&w, &body));
	answer_json(c, n == 0 ? 200 : 503, body);
}

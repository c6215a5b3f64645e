/* GET /monitoring/rate-limits and /monitoring/queue-status, from the segment. */
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/limits_view.h"
#include "insight/queue_view.h"

void rate_limits_handle(struct conn *c)
{
	struct jsonw w;
	struct limits_view v;
	const struct process *p = &c->front->process;
	limits_view_take(&v, p->segment, p->now_ns);
	jsonw_init(&w, MONITORING_ANSWER_BYTES);
	jsonw_begin_object(&w);
	limits_view_tell(&w, &v);
	tell_time(&w, STR("timestamp"), p->now_ms);
	jsonw_end_object(&w);
	monitoring_answer(c, &w);
	jsonw_fini(&w);
}

void queue_status_handle(struct conn *c)
{
	struct jsonw w;
	const struct process *p = &c->front->process;
	struct queue_view *v = queue_view_take(p->segment, p->now_ns);
	jsonw_init(&w, MONITORING_ANSWER_BYTES);
	jsonw_begin_object(&w);
	queue_view_tell(&w, v);
	tell_time(&w, STR("timestamp"), p->now_ms);
	jsonw_end_object(&w);
	monitoring_answer(c, &w);
	jsonw_fini(&w);
	queue_view_free(v);
}

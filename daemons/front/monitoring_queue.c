/* GET /monitoring/rate-limits, queue-status and alerts, from the segment. */
#include "front/answer.h"
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/alerts_view.h"
#include "insight/limits_view.h"
#include "insight/queue_view.h"

void monitoring_tell_limits(struct jsonw *w, const struct process *p)
{
	struct limits_view v;
	limits_view_take(&v, p->segment, p->now_ns);
	limits_view_tell(w, &v);
	tell_time(w, STR("timestamp"), p->now_ms);
}

void monitoring_tell_queue(struct jsonw *w, const struct process *p)
{
	struct queue_view *v = queue_view_take(p->segment, p->now_ns);
	queue_view_tell(w, v);
	tell_time(w, STR("timestamp"), p->now_ms);
	queue_view_free(v);
}

void monitoring_tell_alerts(struct jsonw *w, const struct process *p)
{
	struct alerts_page page;
	alerts_view_take(&page, p->segment);
	alerts_view_tell(w, &page);
	tell_time(w, STR("timestamp"), p->now_ms);
}

static void answer(
	struct conn *c, void (*tell)(struct jsonw *w, const struct process *p))
{
	struct jsonw w;
	struct apierr e;
	if (!monitoring_read(c, NULL, 0, &e)) {
		answer_apierr(c, &e);
		return;
	}
	jsonw_init(&w, MONITORING_ANSWER_BYTES);
	jsonw_begin_object(&w);
	tell(&w, &c->front->process);
	jsonw_end_object(&w);
	answer_jsonw(c, &w);
	jsonw_fini(&w);
}

void rate_limits_handle(struct conn *c)
{
	answer(c, monitoring_tell_limits);
}

void queue_status_handle(struct conn *c)
{
	answer(c, monitoring_tell_queue);
}

void alerts_handle(struct conn *c)
{
	answer(c, monitoring_tell_alerts);
}

/* Alerts in words. */
#include "insight/alerts_view.h"

#include "base/num.h"
#include "insight/tell.h"

#include <string.h>

/* Ours, but from another process: no text without its end, no state out of range. */
void alerts_view_take(struct alerts_page *p, const struct segment *s)
{
	if (page_read(s->alerts, p, sizeof *p) == 0)
		*p = (struct alerts_page){0};
	for (unsigned i = 0; i < ALERTS; i++)
		p->alert[i].seen.detail[ALERT_DETAIL_BYTES - 1] = '\0';
	for (unsigned i = 0; i < ALERT_NEWS; i++)
		p->news[i].seen.detail[ALERT_DETAIL_BYTES - 1] = '\0';
}

static void tell_number(
	struct jsonw *w, struct str key, enum alert_unit unit, uint64_t v)
{
	jsonw_key(w, key);
	if (unit == ALERT_USD)
		jsonw_usd(w, v);
	else
		jsonw_u64(w, v);
}

static void tell_seen(struct jsonw *w, enum alert_id id, const struct alert_seen *seen)
{
	enum alert_unit unit = alert_unit(id);
	tell_text(w, STR("unit"), alert_unit_name(unit));
	tell_number(w, STR("value"), unit, seen->value);
	tell_number(w, STR("threshold"), unit, seen->threshold);
	tell_text(w, STR("detail"), seen->detail);
	tell_text(w, STR("about"), alert_help(id));
}

static void tell_alert(struct jsonw *w, enum alert_id id, const struct alert_entry *e)
{
	jsonw_begin_object(w);
	tell_text(w, STR("alert"), alert_name(id));
	tell_text(w, STR("state"), alert_state_name((enum alert_state)e->state));
	tell_time(w, STR("since"), e->since_ms);
	tell_seen(w, id, &e->seen);
	jsonw_end_object(w);
}

void alerts_view_tell_news(struct jsonw *w, const struct alert_news *n)
{
	enum alert_id id = (enum alert_id)n->alert;
	tell_u64(w, STR("sequence"), n->sequence);
	tell_time(w, STR("at"), n->wall_ms);
	tell_text(w, STR("alert"), alert_name(id));
	tell_text(w, STR("state"), alert_state_name((enum alert_state)n->state));
	tell_seen(w, id, &n->seen);
}

const struct alert_news *alerts_view_news(
	const struct alerts_page *p, uint64_t sequence)
{
	const struct alert_news *n = &p->news[sequence % ALERT_NEWS];
	return sequence > 0 && n->sequence == sequence ? n : NULL;
}

uint32_t alerts_view_firing(const struct alerts_page *p)
{
	uint32_t n = 0;
	for (unsigned i = 0; i < ALERTS; i++)
		n += p->alert[i].state == ALERT_FIRING;
	return n;
}

const char *alerts_view_ledger_trouble(const struct alerts_page *p)
{
	const struct alert_entry *e = &p->alert[ALERT_ledger];
	bool waits = e->seen.value >= e->seen.threshold;
	return e->state == ALERT_FIRING && waits ? e->seen.detail : NULL;
}

const char *alerts_view_ledger_shortage(const struct alerts_page *p)
{
	const struct alert_entry *e = &p->alert[ALERT_ledger];
	bool waits = e->seen.value >= e->seen.threshold;
	return e->state == ALERT_FIRING && !waits ? e->seen.detail : NULL;
}

void alerts_view_tell_firing(struct jsonw *w, const struct alerts_page *p)
{
	for (unsigned i = 0; i < ALERTS; i++)
		if (p->alert[i].state == ALERT_FIRING)
			tell_alert(w, (enum alert_id)i, &p->alert[i]);
}

void alerts_view_tell(struct jsonw *w, const struct alerts_page *p)
{
	const struct alert_news *n;
	tell_u64(w, STR("firing"), alerts_view_firing(p));
	jsonw_key(w, STR("alerts"));
	jsonw_begin_array(w);
	for (unsigned i = 0; i < ALERTS; i++)
		tell_alert(w, (enum alert_id)i, &p->alert[i]);
	jsonw_end_array(w);
	jsonw_key(w, STR("news"));
	jsonw_begin_array(w);
	for (uint64_t i = p->sequence; (n = alerts_view_news(p, i)) != NULL; i--) {
		jsonw_begin_object(w);
		alerts_view_tell_news(w, n);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

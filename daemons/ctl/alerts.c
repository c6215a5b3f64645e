/* atlasctl alerts: what looks bad, and what was news; from the segment. */
#include "ctl/alert_say.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "insight/alerts_view.h"

#include <inttypes.h>
#include <stdio.h>

static void print_line(enum alert_id id, enum alert_state state, uint64_t at_ms,
	const struct alert_seen *seen)
{
	char at[SHOW_TIME_BYTES], value[ALERT_AMOUNT_BYTES], limit[ALERT_AMOUNT_BYTES],
		why[ALERT_WHY_BYTES];
	bool is_low = alert_why_low(id, state, seen, why)[0] != '\0';
	printf("%-8s  %-18s  %-24s  %14s  %14s  %s%s%s%s%s\n", alert_state_name(state),
		alert_name(id), show_time(at_ms, at),
		alert_amount(id, seen->value, value),
		seen->threshold > 0 ? alert_amount(id, seen->threshold, limit)
				    : "not watched",
		alert_help(id), seen->detail[0] != '\0' ? ": " : "", seen->detail,
		is_low ? "; it " : "", why);
}

static void print_head(const char *at)
{
	printf("%-8s  %-18s  %-24s  %14s  %14s  %s\n", "STATE", "ALERT", at, "VALUE",
		"TOO MUCH FROM", "WHAT");
}

static void print_alerts(const struct alerts_page *p)
{
	const struct alert_news *n;
	print_head("SINCE");
	for (unsigned i = 0; i < ALERTS; i++)
		print_line((enum alert_id)i, (enum alert_state)p->alert[i].state,
			p->alert[i].since_ms, &p->alert[i].seen);
	if (p->sequence == 0)
		return;
	printf("\nnews, the newest first\n");
	print_head("AT");
	for (uint64_t i = p->sequence; (n = alerts_view_news(p, i)) != NULL; i--)
		print_line((enum alert_id)n->alert, (enum alert_state)n->state,
			n->wall_ms, &n->seen);
}

enum ctl_exit ctl_alerts(struct ctl *c)
{
	struct segment s;
	struct alerts_page p;
	struct jsonw w;
	enum ctl_exit status = target_open_segment(c, &s);
	if (status != CTL_DONE)
		return status;
	alerts_view_take(&p, &s);
	segment_close(&s);
	if (!c->is_json) {
		print_alerts(&p);
		return target_told(c);
	}
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	alerts_view_tell(&w, &p);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
	return target_told(c);
}

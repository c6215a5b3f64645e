/* atlasctl alerts: what looks bad, and what was news; from the segment. */
#include "base/num.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "insight/alerts_view.h"

#include <inttypes.h>
#include <stdio.h>

static const char *number(enum alert_id id, uint64_t v, char out[static NUM_USD_BYTES])
{
	if (alert_unit(id) == ALERT_USD)
		num_format_usd(v, out);
	else
		snprintf(out, NUM_USD_BYTES, "%" PRIu64, v);
	return out;
}

/* "0.25 usd", "90 percent"; what is counted is named behind the number. */
static void print_value(enum alert_id id, uint64_t v)
{
	char value[NUM_USD_BYTES];
	printf("%s", number(id, v, value));
	if (alert_unit(id) != ALERT_COUNT)
		printf(" %s", alert_unit_name(alert_unit(id)));
}

static void print_line(enum alert_id id, enum alert_state state, uint64_t at_ms,
	const struct alert_seen *seen)
{
	char at[SHOW_TIME_BYTES], threshold[NUM_USD_BYTES];
	printf("%-8s  %-18s  %-24s  ", alert_state_name(state), alert_name(id),
		show_time(at_ms, at));
	print_value(id, seen->value);
	printf(" %s", alert_help(id));
	if (seen->threshold > 0)
		printf("; too much from %s on", number(id, seen->threshold, threshold));
	else
		printf("; not watched");
	printf("%s%s\n", seen->detail[0] != '\0' ? ": " : "", seen->detail);
}

static void print_alerts(const struct alerts_page *p)
{
	const struct alert_news *n;
	for (unsigned i = 0; i < ALERTS; i++)
		print_line((enum alert_id)i, (enum alert_state)p->alert[i].state,
			p->alert[i].since_ms, &p->alert[i].seen);
	if (p->sequence > 0)
		printf("\nnews, the newest first\n");
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
		return CTL_DONE;
	}
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	alerts_view_tell(&w, &p);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
	return CTL_DONE;
}

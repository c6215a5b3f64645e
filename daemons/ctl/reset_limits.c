/* atlasctl reset-limits: asks whether it is meant, then the master gives the order. */
#include "base/clock.h"
#include "ctl/client.h"
#include "ctl/confirm.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "insight/limits_view.h"

#include <stdio.h>
#include <string.h>

static bool is_used(const struct limits_view_row *r)
{
	return r->used > 0;
}

static void print_reset(const struct limits_view *was, const struct client_answer *a)
{
	for (uint32_t i = 0; i < was->n_rows; i++)
		if (is_used(&was->row[i]))
			printf("limit %s, %s per %s: %llu used -> 0 used\n",
				was->row[i].scope, limit_unit_name(was->row[i].unit),
				show_window(was->row[i].window_ns),
				(unsigned long long)was->row[i].used);
	printf("limits: %llu in use -> 0 in use\nkeys: %llu held -> steady\n",
		(unsigned long long)client_u64(a, "limits"),
		(unsigned long long)client_u64(a, "keys"));
}

static void tell_reset(const struct limits_view *was, const struct client_answer *a)
{
	struct jsonw w;
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("ok"));
	jsonw_bool(&w, true);
	show_json_u64(&w, STR("limits"), client_u64(a, "limits"));
	show_json_u64(&w, STR("keys"), client_u64(a, "keys"));
	jsonw_key(&w, STR("forgotten"));
	jsonw_begin_array(&w);
	for (uint32_t i = 0; i < was->n_rows; i++)
		if (is_used(&was->row[i]))
			limits_view_tell_row(&w, &was->row[i]);
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
}

/* What is used just before; whatever is sent meanwhile is forgotten too. */
static enum ctl_exit look(const struct ctl *c, struct limits_view *was)
{
	struct segment s;
	enum ctl_exit status = target_open_segment(c, &s);
	if (status != CTL_DONE)
		return status;
	limits_view_take(was, &s, clock_mono_ns());
	segment_close(&s);
	return CTL_DONE;
}

enum ctl_exit ctl_reset_limits(struct ctl *c)
{
	static struct limits_view was;
	struct client_answer a;
	bool is_sure = c->n_args == 1 && strcmp(c->arg[0], "--yes") == 0;
	if (c->n_args != (is_sure ? 1 : 0))
		return CTL_USAGE;
	enum ctl_exit status = confirm(c, is_sure,
		"What was used of the limits upstream is forgotten, and held keys go "
		"on at full pace. Reset the limits?");
	if (status == CTL_DONE)
		status = look(c, &was);
	if (status == CTL_DONE)
		status = client_demand(c, STR("{\"command\":\"reset-limits\"}"), &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json)
		tell_reset(&was, &a);
	else
		print_reset(&was, &a);
	client_free(&a);
	return CTL_DONE;
}

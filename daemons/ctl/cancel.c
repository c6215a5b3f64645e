/* atlasctl cancel: the master gives the order, here is said what came of it. */
#include "ctl/client.h"
#include "ctl/show.h"
#include "text/jsonw.h"

#include <stdio.h>
#include <string.h>

enum { REQUEST_BYTES = 512 };

static void print_cancelled(const struct client_answer *a)
{
	uint64_t queued = client_u64(a, "queued"), running = client_u64(a, "running");
	char n[SHOW_COUNT_BYTES];
	if (queued > 0)
		printf("%s: queued -> cancelled, never sent\n",
			show_count(queued, "request", n));
	if (running > 0)
		printf("%s: processing -> cancelled; what was used is billed\n",
			show_count(running, "request", n));
}

enum ctl_exit ctl_cancel(struct ctl *c)
{
	char buf[REQUEST_BYTES];
	struct client_answer a;
	struct jsonw w;
	struct str request;
	bool is_session = c->n_args == 2 && strcmp(c->arg[0], "--session") == 0;
	if (!is_session && c->n_args != 1)
		return CTL_USAGE;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_begin_object(&w);
	show_json_text(&w, STR("command"), "cancel");
	show_json_text(&w, is_session ? STR("session") : STR("id"),
		c->arg[is_session ? 1 : 0]);
	jsonw_end_object(&w);
	if (!jsonw_done(&w, &request))
		return ctl_fail(c, CTL_REFUSED, "the argument is too long");
	enum ctl_exit status = client_demand(c, request, &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json)
		printf("%s\n", a.text);
	else
		print_cancelled(&a);
	client_free(&a);
	return CTL_DONE;
}

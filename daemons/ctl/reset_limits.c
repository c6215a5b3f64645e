/* atlasctl reset-limits: asks whether it is meant, then the master gives the order. */
#include "ctl/client.h"
#include "ctl/show.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REPLY_BYTES = 16 };

static bool is_meant(void)
{
	char reply[REPLY_BYTES];
	fprintf(stderr,
		"What was used of the limits upstream is forgotten, and held keys "
		"go on at full pace.\nReset the limits? Type yes: ");
	if (fgets(reply, sizeof reply, stdin) == NULL)
		return false;
	return strcmp(reply, "yes\n") == 0;
}

static void print_reset(const struct client_answer *a)
{
	printf("limits: %llu used -> 0 used\nkeys: %llu held -> steady\n",
		(unsigned long long)client_u64(a, "limits"),
		(unsigned long long)client_u64(a, "keys"));
}

enum ctl_exit ctl_reset_limits(struct ctl *c)
{
	struct client_answer a;
	bool is_sure = c->n_args == 1 && strcmp(c->arg[0], "--yes") == 0;
	if (c->n_args != (is_sure ? 1 : 0))
		return CTL_USAGE;
	if (!is_sure && !isatty(STDIN_FILENO))
		return ctl_fail(c, CTL_REFUSED,
			"reset-limits asks before it resets, and there is no terminal to "
			"ask; say --yes");
	if (!is_sure && !is_meant())
		return ctl_fail(c, CTL_REFUSED, "nothing was reset");
	enum ctl_exit status =
		client_demand(c, STR("{\"command\":\"reset-limits\"}"), &a);
	if (status != CTL_DONE)
		return status;
	if (c->is_json)
		printf("%s\n", a.text);
	else
		print_reset(&a);
	client_free(&a);
	return CTL_DONE;
}

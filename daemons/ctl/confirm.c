/* Is it meant? */
#include "ctl/confirm.h"

#include "ctl/show.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REPLY_BYTES = 16 };

static bool has_said_yes(void)
{
	char reply[REPLY_BYTES];
	fputs(" Type yes: ", stderr);
	return fgets(reply, sizeof reply, stdin) != NULL && strcmp(reply, "yes\n") == 0;
}

enum ctl_exit confirm(const struct ctl *c, bool is_sure, const char *warning)
{
	if (is_sure)
		return CTL_DONE;
	if (!isatty(STDIN_FILENO))
		return ctl_fail(c, CTL_REFUSED,
			"%s There is no terminal to ask on; if it is meant, say --yes",
			warning);
	fputs(warning, stderr);
	return has_said_yes() ? CTL_DONE
			      : ctl_fail(c, CTL_REFUSED, "nothing was changed");
}

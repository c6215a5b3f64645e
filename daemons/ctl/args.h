/*
 * A command's words against the `args` of its row: what may stand there, what is missing,
 * and what was probably meant. The row is the only place that says it, so help, checks and
 * completion cannot disagree. Pure but for the sentence on stderr.
 *
 *	"ID | --session ID [--hours N] [--all]"
 *
 *	--name VALUE     an option and what it takes; --name alone takes nothing
 *	--LIMIT VALUE    any limit of a client token
 *	[--name VALUE]...     an option that may stand more than once
 *	WORD             a word that has to stand; in [ ] it may be left out
 *	a|b              one of these words
 *	a | b            one of them; what is needed is then the command's own affair
 */
#ifndef CTL_ARGS_H
#define CTL_ARGS_H

#include "ctl/commands.h"

enum { ARGS_NAME_BYTES = 48 };

#define ARGS_ANY_LIMIT "--LIMIT"

struct args_option {
	char name[ARGS_NAME_BYTES];  /* with its dashes */
	char value[ARGS_NAME_BYTES]; /* "" = it takes none */
	bool may_repeat;
};

/* The option that begins at or behind *at in args, with *at moved behind it; --LIMIT is
 * given out as it stands. False = there is none. Start with *at = args. */
bool args_next(const char **at, struct args_option *o) ATTR_UNUSED_RESULT;

/* Do the words fit? False = said why. */
bool args_check(const struct ctl *c, const struct command *command) ATTR_UNUSED_RESULT;

#endif

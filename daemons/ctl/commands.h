/*
 * The commands of atlasctl: one table, a row a command; help and suggestions are made
 * from it.
 */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "ctl/ctl.h"

#include <stdio.h>

struct command {
	const char *name; /* one word or two: "tokens create" */
	const char *args;
	const char *does;    /* one line */
	const char *example; /* what stands behind "atlasctl " */
	/* CTL_USAGE = wrong arguments: how to call it is then printed. */
	enum ctl_exit (*run)(struct ctl *c);
};

/* All of them, for what is made from the table: row ix, NULL behind the last. */
const struct command *commands_row(size_t ix);

/* The command that the words begin with, and how many of them are its name; NULL = none.
 */
const struct command *commands_find(char *const *word, int n, int *n_name);

void commands_print_usage(FILE *f);
void commands_print_how(const struct command *c);
void commands_print_unknown(char *const *word, int n);

/* How to call "tokens …", all of the group; false = there is no such group. */
bool commands_print_group(FILE *f, const char *first);

/* Of one command, or of all when c is NULL. */
void commands_print_help(const struct command *c);

#endif

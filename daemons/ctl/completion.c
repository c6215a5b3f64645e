/* atlasctl completion bash: a script made from the table of commands. */
#include "ctl/args.h"
#include "ctl/tokens.h"

#include <stdio.h>
#include <string.h>

/* Words that a value may be: "chat|monitor|admin" lists them, "N" is anything. */
static bool is_choice(const char *value)
{
	return strchr(value, '|') != NULL && value[0] >= 'a' && value[0] <= 'z';
}

static void print_choices(const char *value)
{
	for (; *value != '\0'; value++)
		putchar(*value == '|' ? ' ' : *value);
}

/* ---- what may stand ------------------------------------------------------------------- */

static void print_options(const struct command *c)
{
	struct args_option o;
	char limit[TOKENS_OPTION_BYTES];
	if (is_choice(c->args)) {
		print_choices(c->args);
		putchar(' ');
	}
	for (const char *at = c->args; args_next(&at, &o);) {
		if (strcmp(o.name, ARGS_ANY_LIMIT) != 0) {
			printf("%s ", o.name);
			continue;
		}
		for (unsigned i = 0; i < CLIENT_LIMITS; i++)
			printf("--%s ", tokens_option((enum client_limit)i, limit));
	}
	printf("--json --help");
}

/* Of a group, the words behind its first. */
static void print_second_words(const char *group)
{
	const struct command *c;
	size_t n = strlen(group);
	for (size_t i = 0; (c = commands_row(i)) != NULL; i++)
		if (strncmp(c->name, group, n) == 0 && c->name[n] == ' ')
			printf("%s ", c->name + n + 1);
}

/* "tokens create" and "tokens list" are one first word. */
static bool is_first_of_group(size_t ix, char group[static ARGS_NAME_BYTES])
{
	const char *name = commands_row(ix)->name;
	size_t n = strcspn(name, " ");
	snprintf(group, ARGS_NAME_BYTES, "%.*s", (int)n, name);
	for (size_t i = 0; i < ix; i++) {
		const char *before = commands_row(i)->name;
		if (strcspn(before, " ") == n && strncmp(before, name, n) == 0)
			return false;
	}
	return true;
}

static void print_first_words(void)
{
	char group[ARGS_NAME_BYTES];
	for (size_t i = 0; commands_row(i) != NULL; i++)
		if (is_first_of_group(i, group))
			printf("%s ", group);
	printf("help -c -s --json --help --version");
}

/* ---- the script's cases ----------------------------------------------------------------- */

static void print_groups(void)
{
	const struct command *c;
	char group[ARGS_NAME_BYTES];
	for (size_t i = 0; (c = commands_row(i)) != NULL; i++) {
		if (strchr(c->name, ' ') == NULL || !is_first_of_group(i, group))
			continue;
		printf("\t%s) words='", group);
		print_second_words(group);
		printf("' ;;\n");
	}
}

static void print_commands(void)
{
	const struct command *c;
	for (size_t i = 0; (c = commands_row(i)) != NULL; i++) {
		printf("\t'%s') words='", c->name);
		print_options(c);
		printf("' ;;\n");
	}
}

static void print_values(void)
{
	const struct command *c;
	for (size_t i = 0; (c = commands_row(i)) != NULL; i++) {
		struct args_option o;
		for (const char *at = c->args; args_next(&at, &o);) {
			if (!is_choice(o.value))
				continue;
			printf("\t'%s %s') words='", c->name, o.name);
			print_choices(o.value);
			printf("' ;;\n");
		}
	}
}

/* The first word that is no option is the command; a group takes two. */
enum ctl_exit ctl_completion(struct ctl *c)
{
	(void)c;
	printf("# bash completion of atlasctl, as `atlasctl completion bash` prints it.\n"
	       "_atlasctl() {\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	       "\tlocal words='' command='' i\n"
	       "\tCOMPREPLY=()\n"
	       "\tcase $prev in -c | -s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;; esac\n"
	       "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	       "\t\tcase ${COMP_WORDS[i]} in\n"
	       "\t\t-c | -s) ((i++)) ;;\n"
	       "\t\t-*) ;;\n"
	       "\t\t*) command=${command:+$command }${COMP_WORDS[i]} ;;\n"
	       "\t\tesac\n"
	       "\tdone\n"
	       "\tlocal rest=${command#* } first=${command%%%% *}\n"
	       "\t[[ $command == *' '* ]] || rest=''\n"
	       "\tcase $first in\n"
	       "\t'' | help) words='");
	print_first_words();
	printf("' ;;\n");
	print_groups();
	printf("\tesac\n"
	       "\tlocal name=$first\n"
	       "\t[[ $words && $rest ]] && name=\"$first ${rest%%%% *}\"\n"
	       "\tcase $name in\n");
	print_commands();
	printf("\tesac\n"
	       "\tcase \"$name $prev\" in\n");
	print_values();
	printf("\tesac\n"
	       "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "}\n"
	       "complete -F _atlasctl atlasctl\n");
	return CTL_DONE;
}

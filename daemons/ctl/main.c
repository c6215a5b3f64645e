/* atlasctl's main(): options, then one row of the command table. */
#include "ctl/commands.h"
#include "ctl/target.h"
#include "text/jsonw.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_CONFIG "/etc/atlas/atlas.conf"

/* What stands on the command line, sorted. */
struct words {
	char *word[CTL_ARGS_MAX]; /* of the command, its name first */
	int n;
	bool is_help;
};

static void print_refusal(const char *text)
{
	char buf[2048];
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("ok"));
	jsonw_bool(&w, false);
	jsonw_key(&w, STR("error"));
	jsonw_string(&w, (struct str){text, strlen(text)});
	jsonw_end_object(&w);
	if (jsonw_done(&w, &out))
		printf(STR_FMT "\n", STR_ARG(out));
}

enum ctl_exit ctl_fail(const struct ctl *c, enum ctl_exit status, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fprintf(stderr, "atlasctl: %s\n", text);
	if (c->is_json)
		print_refusal(text);
	return status;
}

/* An option with a value takes the next word; false = there is none. */
static bool take_value(char **argv, int argc, int *i, const char **out)
{
	if (*i + 1 >= argc)
		return false;
	*out = argv[++*i];
	return true;
}

/* --json and --help may stand anywhere, -c and -s before the command. */
static bool sort_words(struct ctl *c, struct words *w, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (strcmp(word, "--json") == 0) {
			c->is_json = true;
		} else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			w->is_help = true;
		} else if (w->n == 0 && strcmp(word, "-c") == 0) {
			if (!take_value(argv, argc, &i, &c->config_path))
				return false;
		} else if (w->n == 0 && strcmp(word, "-s") == 0) {
			if (!take_value(argv, argc, &i, &c->socket_arg))
				return false;
		} else if (w->n == CTL_ARGS_MAX || (w->n == 0 && word[0] == '-')) {
			return false;
		} else {
			w->word[w->n++] = argv[i];
		}
	}
	return true;
}

static enum ctl_exit run(struct ctl *c, const struct command *command)
{
	struct err e = {0};
	if (!target_find(c, &e))
		return ctl_fail(c, CTL_REFUSED,
			"%s; -c names the configuration, -s the control socket",
			e.text);
	return command->run(c);
}

int main(int argc, char **argv)
{
	struct ctl c = {.config_path = DEFAULT_CONFIG};
	struct words w = {0};
	if (!sort_words(&c, &w, argc, argv)) {
		commands_print_usage(stderr);
		return CTL_USAGE;
	}
	int n_name = 0, n_help = w.n > 0 && strcmp(w.word[0], "help") == 0;
	const struct command *command =
		commands_find(w.word + n_help, w.n - n_help, &n_name);
	if (w.is_help || n_help > 0) {
		commands_print_help(command);
		return CTL_DONE;
	}
	if (command == NULL) {
		commands_print_unknown(w.word, w.n);
		return CTL_USAGE;
	}
	c.n_args = w.n - n_name;
	memcpy(c.arg, w.word + n_name, (size_t)c.n_args * sizeof c.arg[0]);
	enum ctl_exit status = run(&c, command);
	if (status == CTL_USAGE)
		commands_print_how(command);
	return (int)status;
}

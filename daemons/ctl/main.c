/* atlasctl's main(): options, then one row of the command table. */
#include "base/version.h"
#include "conf/suggest.h"
#include "ctl/args.h"
#include "ctl/commands.h"
#include "segment/segment.h"
#include "ctl/target.h"
#include "ctl/terminal.h"
#include "text/jsonw.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_CONFIG "/etc/atlas/atlas.conf"

/* What stands on the command line, sorted. */
struct words {
	char *word[CTL_ARGS_MAX]; /* of the command, its name first */
	int n;
	bool is_help, is_version;
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

static bool refuse_word(const struct ctl *c, const char *word)
{
	static const char *const options[] = {
		"--json", "--help", "--version", "-c", "-s"};
	struct suggest s = {.typed = {word, strlen(word)}};
	for (size_t i = 0; i < N_ELEMENTS(options); i++)
		suggest_offer(&s, options[i]);
	if (s.best != NULL)
		ctl_fail(c, CTL_USAGE, "there is no option \"%s\"; did you mean %s?",
			word, s.best);
	else
		ctl_fail(c, CTL_USAGE, "there is no option \"%s\"", word);
	return false;
}

/* An option with a value takes the next word. */
static bool take_value(
	const struct ctl *c, char **argv, int argc, int *i, const char **out)
{
	if (*i + 1 < argc) {
		*out = argv[++*i];
		return true;
	}
	ctl_fail(c, CTL_USAGE, "%s needs a file behind it", argv[*i]);
	return false;
}

/* --json and --help may stand anywhere, -c and -s before the command. False = said why. */
static bool sort_words(struct ctl *c, struct words *w, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (strcmp(word, "--json") == 0) {
			c->is_json = true;
		} else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			w->is_help = true;
		} else if (w->n == 0 && strcmp(word, "--version") == 0) {
			w->is_version = true;
		} else if (w->n == 0 && strcmp(word, "-c") == 0) {
			if (!take_value(c, argv, argc, &i, &c->config_path))
				return false;
		} else if (w->n == 0 && strcmp(word, "-s") == 0) {
			if (!take_value(c, argv, argc, &i, &c->socket_arg))
				return false;
		} else if (w->n == 0 && word[0] == '-') {
			return refuse_word(c, word);
		} else if (w->n == CTL_ARGS_MAX) {
			ctl_fail(c, CTL_USAGE, "more than %d words", CTL_ARGS_MAX);
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
	/* The only command that is about no Atlas. */
	bool is_alone = command->run == ctl_completion;
	if (!is_alone && !target_find(c, &e))
		return ctl_fail(c, CTL_REFUSED,
			"%s; -c names the configuration, -s the control socket",
			e.text);
	return command->run(c);
}

/* "help", "--help", with a command, a group of them, or nothing behind. */
static enum ctl_exit help(const struct words *w)
{
	int n_name = 0, from = w->n > 0 && strcmp(w->word[0], "help") == 0;
	const struct command *command =
		commands_find(w->word + from, w->n - from, &n_name);
	if (command != NULL || w->n == from)
		commands_print_help(command);
	else if (!commands_print_group(stdout, w->word[from])) {
		commands_print_unknown(w->word + from, w->n - from);
		return CTL_USAGE;
	}
	return CTL_DONE;
}

/* How to call it is for people, on stderr; programs hear what is wrong. */
static enum ctl_exit refuse_command(const struct ctl *c, const struct words *w)
{
	char text[256] = "a command is missing";
	commands_print_unknown(w->word, w->n);
	if (w->n > 0)
		snprintf(text, sizeof text, "there is no command \"%.100s%s%.100s\"",
			w->word[0], w->n > 1 ? " " : "", w->n > 1 ? w->word[1] : "");
	if (c->is_json)
		print_refusal(text);
	return CTL_USAGE;
}

static enum ctl_exit run_words(struct ctl *c, const struct words *w)
{
	int n_name = 0;
	const struct command *command = commands_find(w->word, w->n, &n_name);
	if (command == NULL)
		return refuse_command(c, w);
	c->n_args = w->n - n_name;
	memcpy(c->arg, w->word + n_name, (size_t)c->n_args * sizeof c->arg[0]);
	enum ctl_exit status = args_check(c, command) ? run(c, command) : CTL_USAGE;
	if (status == CTL_USAGE)
		commands_print_how(command);
	return status;
}

/* An answer that did not arrive is none, whatever was done for it. */
static int leave(enum ctl_exit status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return (int)status;
	fprintf(stderr, "atlasctl: the answer could not be written: %s\n",
		strerror(errno));
	return status == CTL_DONE ? CTL_REFUSED : (int)status;
}

int main(int argc, char **argv)
{
	struct ctl c = {.config_path = DEFAULT_CONFIG};
	struct words w = {0};
	terminal_guard();
	if (!sort_words(&c, &w, argc, argv)) {
		fprintf(stderr, "`atlasctl --help` shows how to call it.\n");
		return CTL_USAGE;
	}
	if (w.is_version) {
		printf("atlasctl %s, segment layout %u\n", ATLAS_VERSION,
			SEGMENT_LAYOUT_VERSION);
		return leave(CTL_DONE);
	}
	if (w.is_help || (w.n > 0 && strcmp(w.word[0], "help") == 0))
		return leave(help(&w));
	return leave(run_words(&c, &w));
}

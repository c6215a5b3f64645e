/* Reading `args`, and words by it. */
#include "ctl/args.h"

#include "conf/suggest.h"
#include "ctl/tokens.h"

#include <string.h>

/* ---- what args say --------------------------------------------------------------------- */

/* One token of args: a word, an option, a bracket or a bar. */
struct token_at {
	const char *p;
	size_t n;
};

static bool is_mark(char ch)
{
	return ch == '[' || ch == ']' || ch == '(' || ch == ')';
}

static bool next_token(const char **at, struct token_at *t)
{
	const char *p = *at + strspn(*at, " ."); /* "..." = more of it */
	size_t n = is_mark(*p) ? 1 : strcspn(p, " []()");
	*t = (struct token_at){p, n};
	*at = p + n;
	return n > 0;
}

static bool is_option(const struct token_at *t)
{
	return t->n > 2 && strncmp(t->p, "--", 2) == 0;
}

static bool is_bar(const struct token_at *t)
{
	return t->n == 1 && *t->p == '|';
}

static void copy(char out[static ARGS_NAME_BYTES], const struct token_at *t)
{
	size_t n = MIN(t->n, (size_t)ARGS_NAME_BYTES - 1);
	memcpy(out, t->p, n);
	out[n] = '\0';
}

bool args_next(const char **at, struct args_option *o)
{
	struct token_at t;
	*o = (struct args_option){0};
	while (next_token(at, &t)) {
		if (!is_option(&t))
			continue;
		copy(o->name, &t);
		const char *behind = *at;
		if (next_token(&behind, &t) && !is_mark(*t.p) && !is_option(&t) &&
			!is_bar(&t)) {
			copy(o->value, &t);
			*at = behind;
		}
		o->may_repeat = strncmp(*at, "]...", 4) == 0;
		return true;
	}
	return false;
}

/* What args allow and ask for. */
struct needs {
	int n_words; /* that may stand */
	char missing
		[ARGS_NAME_BYTES]; /* the first that has to and does not; "" = none */
};

static bool has_option(const struct ctl *c, const char *name)
{
	for (int i = 0; i < c->n_args; i++)
		if (strcmp(c->arg[i], name) == 0)
			return true;
	return false;
}

static void miss(struct needs *needs, const char *name)
{
	if (needs->missing[0] == '\0')
		snprintf(needs->missing, ARGS_NAME_BYTES, "%s", name);
}

static void read_needs(
	const struct ctl *c, const char *args, int n_given, struct needs *needs)
{
	int depth = 0;
	bool has_bar = false;
	struct token_at t;
	*needs = (struct needs){0};
	for (const char *at = args; next_token(&at, &t);) {
		struct args_option o;
		if (is_mark(*t.p)) {
			depth += *t.p == '[' ? 1 : *t.p == ']' ? -1 : 0;
		} else if (is_bar(&t)) {
			has_bar = has_bar || depth == 0;
		} else if (is_option(&t)) {
			at = t.p;
			if (args_next(&at, &o) && depth == 0 &&
				strcmp(o.name, ARGS_ANY_LIMIT) != 0 &&
				!has_option(c, o.name))
				miss(needs, o.name);
		} else {
			copy(o.name, &t);
			if (needs->n_words++ >= n_given && depth == 0)
				miss(needs, o.name);
		}
	}
	if (has_bar)
		snprintf(needs->missing, sizeof needs->missing, "%s",
			c->n_args == 0 ? "an argument" : "");
}

/* ---- a choice ------------------------------------------------------------------------- */

/* "a|b|c": one of them. What is in capitals stands for something: "NAME|ID". */
static bool is_choice(const char *what)
{
	return strchr(what, '|') != NULL && what[0] >= 'a' && what[0] <= 'z';
}

static bool is_one_of(const char *what, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = what; *at != '\0'; at += *at == '|') {
		size_t length = strcspn(at, "|");
		if (length == n && strncmp(at, word, n) == 0)
			return true;
		at += length;
	}
	return false;
}

/* What args call their nth word, from 1. */
static void name_word(const char *args, int nth, char out[static ARGS_NAME_BYTES])
{
	struct token_at t;
	out[0] = '\0';
	for (const char *at = args; nth > 0 && next_token(&at, &t);) {
		struct args_option o;
		if (is_mark(*t.p) || is_bar(&t))
			continue;
		if (is_option(&t)) {
			at = t.p;
			if (!args_next(&at, &o))
				return;
		} else if (--nth == 0) {
			copy(out, &t);
		}
	}
}

/* ---- the words ------------------------------------------------------------------------- */

static bool is_limit(const char *word)
{
	char option[TOKENS_OPTION_BYTES];
	for (unsigned i = 0; i < CLIENT_LIMITS; i++)
		if (strcmp(word, tokens_option((enum client_limit)i, option)) == 0)
			return true;
	return false;
}

static bool find_option(const char *args, const char *word, struct args_option *o)
{
	for (const char *at = args; args_next(&at, o);) {
		if (strcmp(o->name, word) == 0)
			return true;
		if (strcmp(o->name, ARGS_ANY_LIMIT) == 0 &&
			strncmp(word, "--", 2) == 0 && is_limit(word + 2))
			return true;
	}
	return false;
}

/* suggest_offer() keeps the name it is given, so each has to live on. */
static void suggest_option(const char *args, const char *word, char out[static 64])
{
	static char limits[CLIENT_LIMITS][TOKENS_OPTION_BYTES];
	static struct args_option options[CTL_ARGS_MAX];
	struct suggest s = {.typed = {word + 2, strlen(word) - 2}};
	size_t n = 0;
	for (const char *at = args;
		n < N_ELEMENTS(options) && args_next(&at, &options[n]); n++) {
		suggest_offer(&s, options[n].name + 2);
		if (strcmp(options[n].name, ARGS_ANY_LIMIT) != 0)
			continue;
		for (unsigned i = 0; i < CLIENT_LIMITS; i++)
			suggest_offer(
				&s, tokens_option((enum client_limit)i, limits[i]));
	}
	out[0] = '\0';
	if (s.best != NULL)
		snprintf(out, 64, "; did you mean --%s?", s.best);
}

static bool refuse(
	const struct ctl *c, const char *command, const char *word, const char *why)
{
	ctl_fail(c, CTL_USAGE, "%s: \"%s\" %s", command, word, why);
	return false;
}

static bool check_choice(const struct ctl *c, const struct command *command,
	const char *what, const char *word)
{
	char text[64 + ARGS_NAME_BYTES];
	if (!is_choice(what) || is_one_of(what, word))
		return true;
	snprintf(text, sizeof text, "is none of %s", what);
	return refuse(c, command->name, word, text);
}

/* Each limit for itself, however many of them there may be. */
static bool is_once_too_often(const struct ctl *c, const struct args_option *o,
	const char *word, int n_before)
{
	if (o->may_repeat && strcmp(o->name, ARGS_ANY_LIMIT) != 0)
		return false;
	for (int i = 0; i < n_before; i++)
		if (strcmp(c->arg[i], word) == 0)
			return true;
	return false;
}

/* The option at *i; *i is moved to its value. */
static bool check_option(const struct ctl *c, const struct command *command, int *i)
{
	struct args_option o;
	char text[64 + ARGS_NAME_BYTES], near[64] = "";
	const char *word = c->arg[*i];
	if (!find_option(command->args, word, &o)) {
		if (strncmp(word, "--", 2) == 0)
			suggest_option(command->args, word, near);
		snprintf(text, sizeof text, "is none of its options%s", near);
		return refuse(c, command->name, word, text);
	}
	if (is_once_too_often(c, &o, word, *i))
		return refuse(c, command->name, word, "stands twice");
	if (o.value[0] == '\0')
		return true;
	if (++*i < c->n_args)
		return check_choice(c, command, o.value, c->arg[*i]);
	snprintf(text, sizeof text, "needs a value behind it: %.*s",
		(int)strcspn(o.value, "."), o.value);
	return refuse(c, command->name, word, text);
}

bool args_check(const struct ctl *c, const struct command *command)
{
	int n = 0;
	struct needs needs;
	char what[ARGS_NAME_BYTES];
	read_needs(c, command->args, 0, &needs);
	for (int i = 0; i < c->n_args; i++) {
		if (c->arg[i][0] == '-' && c->arg[i][1] != '\0') {
			if (!check_option(c, command, &i))
				return false;
		} else if (++n > needs.n_words) {
			return refuse(
				c, command->name, c->arg[i], "is one word too many");
		} else {
			name_word(command->args, n, what);
			if (!check_choice(c, command, what, c->arg[i]))
				return false;
		}
	}
	read_needs(c, command->args, n, &needs);
	if (needs.missing[0] == '\0')
		return true;
	ctl_fail(c, CTL_USAGE, "%s: %s is missing", command->name, needs.missing);
	return false;
}

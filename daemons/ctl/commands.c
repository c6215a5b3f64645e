/* The table of commands, and what is said about it. */
#include "ctl/commands.h"

#include "conf/suggest.h"
#include "ctl/reading.h"
#include "ctl/tokens.h"

#include <string.h>

static const struct command table[] = {
	{"status", "", "who runs, what waits, what it has cost; exit 1 = degraded",
		"status --json", ctl_status},
	{"top", "", "the same live, on a screen; q quits", "top", ctl_top},
	{"limits", "", "limits upstream, what is used, and how the key is", "limits",
		ctl_limits},
	{"queue", "", "who waits in which order and why, and who runs", "queue",
		ctl_queue},
	{"alerts", "", "what looks bad, since when, and what was news", "alerts",
		ctl_alerts},
	{"why", "ID", "one request's whole story: attempts, times, tokens, cost",
		"why req_0193c2f4a1b07c3e9d5f6a7b8c9d0e1f", ctl_why},
	{"usage", "[--hours N] [--limit N]", "requests and tokens of the last hours",
		"usage --hours 24", ctl_usage},
	{"cost", "[--hours N] [--limit N]",
		"what it cost, by model, client, key, session, day and week",
		"cost --hours 168", ctl_cost},
	{"sessions", "[--hours N] [--limit N]", "the sessions that cost most",
		"sessions --hours 24 --limit 50", ctl_sessions},
	{"session", "ID [--limit N]", "one session's sum and its newest requests",
		"session tour", ctl_session},
	{"requests",
		"[--hours N] [--limit N] [--error CODE] [--model NAME] [--session ID]",
		"the newest attempts, newest first",
		"requests --hours 1 --error rate_limit_exceeded", ctl_requests},
	{"export",
		"[--format csv|jsonl] [--hours N] [--error CODE] [--model NAME] "
		"[--session ID]",
		"every attempt of the last hours, to stdout",
		"export --format csv --hours 720", ctl_export},
	{"reconcile", "FILE",
		"the provider's usage or costs export (CSV, JSON) against the ledger; exit "
		"1 = they differ, 2 = they cannot be compared",
		"reconcile usage.csv", ctl_reconcile},
	{"whatif",
		"[--hours N] [--requests-per-minute N] [--requests-per-hour N] "
		"[--tokens-per-minute N] [--tokens-per-hour N] [--concurrent N] "
		"[--priority CLIENT=LEVEL]... [--prices FILE]",
		"the requests of the last hours once more, by other limits, priorities or "
		"prices",
		"whatif --hours 168 --requests-per-minute 30", ctl_whatif},
	{"verify", "", "check every record, the hash chain and all sums", "verify",
		ctl_verify},
	{"prices", "[MODEL]", "what models cost now, by the catalogue in force",
		"prices gpt-4o", ctl_prices},
	{"tokens create", "--role chat|monitor|admin --name NAME [--LIMIT VALUE]...",
		"make a client token and print it, once",
		"tokens create --role chat --name my-app --requests-per-minute 60 "
		"--budget-day 2.50",
		ctl_tokens_create},
	{"tokens list", "", "all client tokens, their limits and their use",
		"tokens list", ctl_tokens_list},
	{"tokens update", "NAME|ID --LIMIT VALUE...",
		"change limits of a client token, at once; none = no limit, default = "
		"as [client] has it",
		"tokens update my-app --concurrent 4 --models gpt-4o,o3*",
		ctl_tokens_update},
	{"tokens revoke", "NAME|ID [--yes]",
		"void a client token from its next request on; asks first when it is the "
		"last admin token",
		"tokens revoke my-app", ctl_tokens_revoke},
	{"cancel", "ID | --session ID",
		"end a request, or all of a session: what waits is never sent, what "
		"runs is closed",
		"cancel req_0193c2f4a1b07c3e9d5f6a7b8c9d0e1f", ctl_cancel},
	{"reset-limits", "[--yes]",
		"forget what is used of the limits upstream, and end holds of keys; "
		"asks first",
		"reset-limits --yes", ctl_reset_limits},
	{"log-level", "error|warn|info|debug",
		"what is logged from now on, until the next reload", "log-level debug",
		ctl_log_level},
	{"workers", "N", "so many fronts from now on, until the next reload",
		"workers 4", ctl_workers},
	{"drain", "", "refuse new requests; what waits and runs goes on", "drain",
		ctl_drain},
	{"resume", "", "take new requests again", "resume", ctl_resume},
	{"reopen", "", "open the log file again, after it was moved away", "reopen",
		ctl_reopen},
	{"reload", "",
		"read the configuration again, all of it or nothing, and say what changed",
		"reload", ctl_reload},
	{"stop", "", "finish what runs, then stop; waits until it is gone", "stop",
		ctl_stop},
	{"completion bash", "",
		"print a completion script; `. <(atlasctl completion bash)`",
		"completion bash", ctl_completion},
};

/* What a line of the table has no room for. */
static const struct {
	const char *name, *text;
} notes[] = {
	{"reconcile",
		"  FILE is JSON as the provider's usage and costs endpoints answer it\n"
		"  (/v1/organization/usage/completions or /embeddings with group_by=model,\n"
		"  /v1/organization/costs; a page, or an array of all), or CSV with a head: a\n"
		"  date, model, input_tokens, output_tokens, input_cached_tokens and\n"
		"  num_model_requests; of costs a date and amount_value.\n"
		"  THEIRS is what the file has: = the same as the ledger, - no such column.\n"
		"  Counted are attempts that were answered, or may have been: those that the\n"
		"  provider refused are in `cost` and here left out. Exit 0 says that all agree,\n"
		"  or may as far as it is unknown of ours; 1 that they differ; 2 that nobody can\n"
		"  say. Where the provider told no usage, as of an answer that its client left,\n"
		"  ours is estimated: what differs says how many such attempts are in it.\n"},
	{"limits",
		"  Tokens used are as the provider counts them: a guess until a request ends,\n"
		"  and then no less than its max_tokens, unless [limits] refund is unused. What\n"
		"  the answers took is in usage and cost.\n"},
};

const struct command *commands_row(size_t ix)
{
	return ix < N_ELEMENTS(table) ? &table[ix] : NULL;
}

static int n_words(const char *name)
{
	return strchr(name, ' ') == NULL ? 1 : 2;
}

static void join(char *const *word, int n, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", n > 0 ? word[0] : "", n > 1 ? " " : "",
		n > 1 ? word[1] : "");
}

const struct command *commands_find(char *const *word, int n, int *n_name)
{
	for (size_t i = 0; i < N_ELEMENTS(table); i++) {
		char typed[64];
		*n_name = n_words(table[i].name);
		join(word, MIN(n, *n_name), typed, sizeof typed);
		if (strcmp(typed, table[i].name) == 0)
			return &table[i];
	}
	return NULL;
}

void commands_print_usage(FILE *f)
{
	fprintf(f, "usage: atlasctl [-c FILE | -s SOCKET] [--json] COMMAND ...\n"
		   "  -c FILE    the configuration (default /etc/atlas/atlas.conf)\n"
		   "  -s SOCKET  run_dir/control of the Atlas that is meant\n"
		   "  --json     answer in JSON; may stand anywhere\n"
		   "  --help     of a command too; --version\n\n"
		   "commands:\n");
	for (size_t i = 0; i < N_ELEMENTS(table); i++)
		fprintf(f, "  %-15s  %s\n", table[i].name, table[i].does);
	fprintf(f,
		"\n`atlasctl COMMAND --help` shows how to call one.\n"
		"Exit codes: 0 done, 1 refused or degraded, 2 usage, 3 not running.\n");
}

/* --LIMIT in a command's arguments stands for any of these. */
static void print_limits(FILE *f)
{
	fprintf(f, "  limits (0 or none = no limit, default = as [client] has it):\n");
	for (unsigned i = 0; i < CLIENT_LIMITS; i++) {
		char option[TOKENS_OPTION_BYTES];
		enum client_limit which = (enum client_limit)i;
		fprintf(f, "    --%-20s %s\n", tokens_option(which, option),
			client_limit_help(which));
	}
}

static void print_one(FILE *f, const struct command *c)
{
	fprintf(f, "usage: atlasctl %s%s%s\n  %s\n  example: atlasctl %s\n", c->name,
		c->args[0] != '\0' ? " " : "", c->args, c->does, c->example);
}

static bool has_limits(const struct command *c)
{
	return strstr(c->args, "--LIMIT") != NULL;
}

/* A long list would push what was wrong off the screen. */
void commands_print_how(const struct command *c)
{
	print_one(stderr, c);
	if (has_limits(c))
		fprintf(stderr, "  limits: `atlasctl %s --help` lists them\n", c->name);
}

static void print_defaults(FILE *f, const struct command *c)
{
	if (strstr(c->args, "--hours N") != NULL)
		fprintf(f, "  --hours N: %d unless given, at most %d\n", READING_HOURS,
			READING_HOURS_MAX);
	if (strstr(c->args, "--limit N") != NULL)
		fprintf(f, "  --limit N: %d unless given, at most %d\n", READING_LIMIT,
			READING_LIMIT_MAX);
}

static void print_notes(FILE *f, const struct command *c)
{
	for (size_t i = 0; i < N_ELEMENTS(notes); i++)
		if (strcmp(notes[i].name, c->name) == 0)
			fputs(notes[i].text, f);
}

void commands_print_help(const struct command *c)
{
	if (c == NULL) {
		commands_print_usage(stdout);
		return;
	}
	print_one(stdout, c);
	print_notes(stdout, c);
	print_defaults(stdout, c);
	if (has_limits(c))
		print_limits(stdout);
}

bool commands_print_group(FILE *f, const char *first)
{
	size_t n = strlen(first);
	bool is_any = false;
	for (size_t i = 0; i < N_ELEMENTS(table); i++) {
		const struct command *c = &table[i];
		if (strncmp(c->name, first, n) != 0 || c->name[n] != ' ')
			continue;
		fprintf(f, "%s atlasctl %s %s\n", is_any ? "      " : "usage:", c->name,
			c->args);
		is_any = true;
	}
	return is_any;
}

void commands_print_unknown(char *const *word, int n)
{
	if (n == 0) {
		commands_print_usage(stderr);
		return;
	}
	if (commands_print_group(stderr, word[0]))
		return;
	struct suggest s = {.typed = {word[0], strlen(word[0])}};
	for (size_t i = 0; i < N_ELEMENTS(table); i++)
		if (n_words(table[i].name) == 1)
			suggest_offer(&s, table[i].name);
	suggest_offer(&s, "tokens");
	fprintf(stderr, "atlasctl: there is no command \"%s\"", word[0]);
	if (s.best != NULL)
		fprintf(stderr, "; did you mean \"%s\"?", s.best);
	fprintf(stderr, "\n`atlasctl --help` shows all of them.\n");
}

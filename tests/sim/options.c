/* The command line. */
#include "options.h"

#include "modes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { NUMBER, RATE, TEXT, YES_NO, KEYS };

static const struct option_row {
	const char *name, *value, *what;
	enum kind kind;
	size_t offset;
} rows[] = {
	{"--port", "N", "listen on 127.0.0.1:N; 0 (default) = any free port", NUMBER,
		offsetof(struct options, port)},
	{"--admin-port", "N", "the admin interface; 0 (default) = any free port",
		NUMBER, offsetof(struct options, admin_port)},
	{"--bill", "FILE", "append the bill there, synced before any answer", TEXT,
		offsetof(struct options, bill)},
	{"--bill-sync", "yes|no", "no: write the bill but do not wait for the disk",
		YES_NO, offsetof(struct options, bill_sync)},
	{"--seed", "N", "where all texts, counts and chance come from (1)", NUMBER,
		offsetof(struct options, seed)},
	{"--ttft-ms", "N", "time to the first token (0)", NUMBER,
		offsetof(struct options, ttft_ms)},
	{"--tokens-per-second", "N", "pace of each reply (0 = all at once)", RATE,
		offsetof(struct options, milli_tps)},
	{"--rpm", "N", "requests a minute and key (0 = no limit)", NUMBER,
		offsetof(struct options, rpm)},
	{"--tpm", "N", "tokens a minute and key (0 = no limit)", NUMBER,
		offsetof(struct options, tpm)},
	{"--api-key", "KEY", "accept this key only; may be repeated", KEYS, 0},
	{"--scenario", "FILE", "weather by the clock", TEXT,
		offsetof(struct options, scenario)},
};

static void print_help(void)
{
	printf("openai-sim: a simulated OpenAI on loopback\n\n");
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		int used = printf("  %s %s", rows[i].name, rows[i].value);
		printf("%*s%s\n", MAX(30 - used, 1), "", rows[i].what);
	}
	printf("  --help                      this\n\nmodes (\"[[sim mode=NAME]]\" in a "
	       "prompt, x-sim-mode, POST /weather, scenarios):\n");
	const struct mode *m;
	for (size_t i = 0; (m = mode_at(i)) != NULL; i++) {
		int used = printf("  %s", m->name);
		if (m->arg_name != NULL)
			used += printf(":%s", m->arg_name);
		printf("%*s%s\n", MAX(30 - used, 1), "", m->what);
	}
}

static void usage_error(const char *what, const char *which)
{
	fprintf(stderr, "openai-sim: %s %s (see --help)\n", what, which);
	exit(2);
}

static bool set(struct options *o, const struct option_row *row, const char *value)
{
	void *field = (char *)o + row->offset;
	double rate;
	switch (row->kind) {
	case NUMBER:
		return parse_u64(slice_of(value), field);
	case RATE:
		if (!parse_double(slice_of(value), &rate))
			return false;
		*(uint64_t *)field = (uint64_t)(rate * 1000 + 0.5);
		return true;
	case TEXT:
		*(const char **)field = value;
		return true;
	case YES_NO:
		*(bool *)field = strcmp(value, "yes") == 0;
		return *(bool *)field || strcmp(value, "no") == 0;
	case KEYS:
		if (o->n_api_keys == OPTIONS_KEYS)
			return false;
		o->api_keys[o->n_api_keys++] = value;
		return true;
	}
	return false;
}

/* --name value or --name=value; returns how many words it took. */
static int take(struct options *o, int argc, char **argv, int at)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		size_t n = strlen(rows[i].name);
		bool joined =
			strncmp(argv[at], rows[i].name, n) == 0 && argv[at][n] == '=';
		if (!joined && strcmp(argv[at], rows[i].name) != 0)
			continue;
		if (!joined && at + 1 == argc)
			usage_error("a value is missing after", argv[at]);
		const char *value = joined ? argv[at] + n + 1 : argv[at + 1];
		if (!set(o, &rows[i], value))
			usage_error("cannot use this value:", argv[at]);
		return joined ? 1 : 2;
	}
	usage_error("unknown option", argv[at]);
	return 0;
}

void options_parse(struct options *o, int argc, char **argv)
{
	*o = (struct options){.seed = 1, .bill_sync = true};
	for (int at = 1; at < argc;) {
		if (strcmp(argv[at], "--help") == 0) {
			print_help();
			exit(0);
		}
		at += take(o, argc, argv, at);
	}
	if (o->port > 65535 || o->admin_port > 65535)
		usage_error("a port is at most", "65535");
}

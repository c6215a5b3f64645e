/*
 * The limits of one client token as plain words, and their texts: what a person or a JSON
 * document says becomes a limit here and nowhere else. Pure; no pointer in it, so that it
 * is copied whole into facts, ledger and segment.
 *
 *	struct client_limits l = {0};                        nothing is said
 *	enum client_limit which;
 *	if (client_limit_find(name, &which) && client_limit_parse(&l, which, text, e)) …
 *	client_limits_fill(&l, &defaults);                   [client] where l is silent
 *	if (client_limit_get(&l, CLIENT_LIMIT_concurrent) …  0 = no limit
 */
#ifndef DECIDE_CLIENT_LIMITS_H
#define DECIDE_CLIENT_LIMITS_H

#include "base/attr.h"
#include "base/err.h"

#define CLIENT_LIMIT(name, unit, help) CLIENT_LIMIT_##name,
enum client_limit {
#include "decide/client_limits.def"
	CLIENT_LIMITS,
	CLIENT_NUMBERS = CLIENT_LIMIT_models /* all but the models are numbers */
};
#undef CLIENT_LIMIT

enum client_limit_unit {
	CLIENT_UNIT_COUNT,
	CLIENT_UNIT_USD,
	CLIENT_UNIT_PRIORITY,
	CLIENT_UNIT_MODELS
};

enum { CLIENT_MODELS_BYTES = 192 };

struct client_limits {
	/* the number + 1; 0 = nothing is said, [client] decides */
	uint64_t said[CLIENT_NUMBERS];
	char models[CLIENT_MODELS_BYTES]; /* "a,b*"; "" = nothing is said; "*" = any */
};

_Static_assert(sizeof(struct client_limits) % 8 == 0, "a page holds whole words");

/* How far a limit was used, a request at hand included. All zero = of none. */
struct client_limit_use {
	uint64_t allowed, used; /* in the limit's unit */
	uint32_t
		at_once; /* of a rate: its burst, which `used` is of; UINT32_MAX = that or
	                     more; 0 = it is no rate */
	uint8_t which;   /* enum client_limit */
	uint8_t unused[3];
};

/* Keep the one that is nearer to its end, or further beyond. */
void client_limit_use_note(
	struct client_limit_use *tightest, const struct client_limit_use *u);

/* A set of enum client_limit. */
typedef uint32_t client_limit_set;

bool client_limit_find(struct str name, enum client_limit *which) ATTR_UNUSED_RESULT;
const char *client_limit_name(enum client_limit which);
const char *client_limit_help(enum client_limit which);
enum client_limit_unit client_limit_unit(enum client_limit which);

/* Is something said? */
bool client_limit_is_said(const struct client_limits *l, enum client_limit which);

/* The number; 0 = no limit, or nothing is said. Not for the models. */
uint64_t client_limit_get(const struct client_limits *l, enum client_limit which);
void client_limit_set_number(
	struct client_limits *l, enum client_limit which, uint64_t n);

/* "60", "2.50", "high", "gpt-4o,gpt-4.1*"; "none" = no limit; "default" = say nothing.
 * False, with l as it was and a sentence that says what is accepted. */
bool client_limit_parse(struct client_limits *l, enum client_limit which,
	struct str text, struct err *e) ATTR_UNUSED_RESULT;

/* As client_limit_parse() reads it. Returns out. */
const char *client_limit_format(const struct client_limits *l, enum client_limit which,
	char out[static CLIENT_MODELS_BYTES]);

/* Where l says nothing, it says what `defaults` says. */
void client_limits_fill(struct client_limits *l, const struct client_limits *defaults);

/* Of the limits in `set`, l says from now on what `from` says, be it nothing. */
void client_limits_merge(struct client_limits *l, const struct client_limits *from,
	client_limit_set set);

/* The next of the models' patterns from *at on; moves *at behind it. False = no more. */
bool client_limits_next_model(const struct client_limits *l, size_t *at,
	struct str *pattern) ATTR_UNUSED_RESULT;

/* Does the pattern stand for it? */
bool client_limits_match(struct str pattern, struct str text);

/* May that model be used? One of the patterns is it; nothing said = yes. */
bool client_limits_allow_model(const struct client_limits *l, struct str model);

/* "low" … "urgent"; the numbers are those of enum exchange_priority. */
const char *client_priority_name(uint64_t priority);

#endif

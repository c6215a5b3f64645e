/*
 * The commands of the control socket: one table, a row a command. A command is begun once
 * and either answers then or is asked again each turn until it does. Run by the master.
 *
 *	control_parse(line, &call, e)
 *	if (!control_begin(m, &call))
 *		… each turn: control_step(m, &call) until true
 *	the answer is a whole JSON object in call.answer
 */
#ifndef ATLASD_CONTROL_CMDS_H
#define ATLASD_CONTROL_CMDS_H

#include "atlasd/tokens.h"
#include "text/jsonw.h"

struct control_command;

enum { CONTROL_TEXT_BYTES = 64 };

/* A request and what has become of it. */
struct control_call {
	const struct control_command *command;
	char role[CONTROL_TEXT_BYTES], name[CONTROL_TEXT_BYTES]; /* "" = not given */
	char id[CONTROL_TEXT_BYTES], session[CONTROL_TEXT_BYTES];
	struct jsonw answer;
	uint64_t until_ns;      /* then it is answered, one way or the other */
	struct token_wait wait; /* tokens-… */
	struct token_change change;
	struct client_limits old; /* tokens-update: before it */
	char token[TOKEN_BYTES];
	uint64_t reload; /* its number */
	uint64_t order;  /* cancel, reset-limits: its number in our lane */
};

/* Strict: one object, "command" and texts the program knows, each once; the names of a
 * token's limits among them. */
bool control_parse(
	struct str line, struct control_call *call, struct err *e) ATTR_UNUSED_RESULT;

/* True = answered. */
bool control_begin(struct master *m, struct control_call *call) ATTR_UNUSED_RESULT;
bool control_step(struct master *m, struct control_call *call) ATTR_UNUSED_RESULT;

/* Write {"ok":false,"error":TEXT}. */
void control_refuse(struct jsonw *w, const char *text);

#endif

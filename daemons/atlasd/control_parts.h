/*
 * What the files of the control commands call of each other: control_cmds.c has the table,
 * the parser and how an answer begins; control_tokens.c the commands about tokens,
 * control_orders.c those that dispatch obeys.
 */
#ifndef ATLASD_CONTROL_PARTS_H
#define ATLASD_CONTROL_PARTS_H

#include "atlasd/control_cmds.h"

/* {"ok":true, and what follows */
void control_begin_answer(struct jsonw *w);
void control_put_text(struct jsonw *w, struct str key, const char *text);
void control_put_u64(struct jsonw *w, struct str key, uint64_t v);

/* Answer the call with a refusal; true. */
bool control_refuse_call(struct control_call *call, const char *text);

bool control_begin_tokens_create(struct master *m, struct control_call *call);
bool control_step_tokens_create(struct master *m, struct control_call *call);
bool control_begin_tokens_revoke(struct master *m, struct control_call *call);
bool control_step_tokens_revoke(struct master *m, struct control_call *call);
bool control_begin_tokens_update(struct master *m, struct control_call *call);
bool control_step_tokens_update(struct master *m, struct control_call *call);

bool control_begin_cancel(struct master *m, struct control_call *call);
bool control_step_cancel(struct master *m, struct control_call *call);
bool control_begin_reset(struct master *m, struct control_call *call);
bool control_step_reset(struct master *m, struct control_call *call);

/* A limit that a command names, once. */
bool control_take_limit(struct token_change *change, enum client_limit which,
	struct str text, struct err *e) ATTR_UNUSED_RESULT;

#endif

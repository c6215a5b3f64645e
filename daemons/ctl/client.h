/*
 * The other end of the master's control socket: one request, one answer, each a JSON
 * object on a line.
 *
 *	struct client_answer a;
 *	switch (client_ask(c->socket, request, CLIENT_WAIT_MS, &a, &e)) …
 *	client_free(&a);
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include "ctl/ctl.h"
#include "text/doc.h"

enum {
	CLIENT_WAIT_MS = 15000, /* longer than the master takes for anything */
	CLIENT_LINE_BYTES = 32768
};

enum client_verdict {
	CLIENT_ANSWERED,
	CLIENT_NOT_RUNNING, /* nobody listens there */
	CLIENT_FORBIDDEN,   /* the socket is another user's */
	CLIENT_SILENT, /* somebody listens and does not answer in time, or is mute */
	CLIENT_BROKEN  /* what came is no answer */
};

struct client_answer {
	struct doc *doc; /* NULL unless ANSWERED */
	bool is_ok;
	char text[CLIENT_LINE_BYTES]; /* the line, NUL-terminated */
};

/* Ask the master of c. e is filled unless ANSWERED. One whose heartbeat in the segment has
 * stopped is not waited for any longer; what it was asked it does not do later either. */
enum client_verdict client_ask(const struct ctl *c, struct str request, int wait_ms,
	struct client_answer *a, struct err *e) ATTR_UNUSED_RESULT;
void client_free(struct client_answer *a);

/* Does somebody listen at that socket? */
bool client_is_listening(const char *socket);

/* client_ask() for a command: whatever is no consent has been said, and the exit status
 * is returned; DONE = a holds an answer that is ok. Pairs with client_free(). */
enum ctl_exit client_demand(
	const struct ctl *c, struct str request, struct client_answer *a);

/* A text of the answer, "" when it has none of that name. */
const char *client_text(
	const struct client_answer *a, const char *key, char *out, size_t size);
uint64_t client_u64(const struct client_answer *a, const char *key);

/* The same of an object in it, within its document. */
struct str client_member(const struct doc_at *at, const char *key);

#endif

/*
 * The words of a chat's messages, as they are stored: JSON objects with commas between them.
 *
 *	struct messages m;
 *	struct message_words w;
 *	messages_init(&m, text, buf);
 *	while (messages_next(&m, &w))
 *		… w.role, w.words, which are good until the next one …
 *
 * Pure; run by fronts, for people who search or take their chats away.
 */
#ifndef TEXT_MESSAGES_H
#define TEXT_MESSAGES_H

#include "base/attr.h"

struct messages {
	struct str rest;
	char *buf;
};

struct message_words {
	struct str role;  /* the inside of a string */
	struct str words; /* decoded; of a content in parts all texts, a line each */
	bool has_calls;   /* it calls tools */
};

/* buf: of as many bytes as text has; no words are longer decoded than as they stand. */
void messages_init(struct messages *m, struct str text, char *buf);

/* False = no more, or what follows is no message. */
bool messages_next(struct messages *m, struct message_words *out) ATTR_UNUSED_RESULT;

/* Letters of ASCII made small, in place. */
void messages_fold(char *p, size_t n);

#endif

/* What the files of /chat/sessions share: chat_list.c lists and searches, chat_sessions.c reads
 * and changes one, chat_export.c writes one for people. */
#ifndef FRONT_CHAT_SESSIONS_PARTS_H
#define FRONT_CHAT_SESSIONS_PARTS_H

#include "front/monitoring.h"
#include "store/chats.h"

/* Whose chats this request is about. */
uint64_t chat_sessions_client(const struct conn *c);

/* The members of a chat's object. */
void chat_sessions_tell(struct jsonw *w, const struct chat *c);

/* A turn's id as a member, null where there is none. */
void chat_tell_id(struct jsonw *w, struct str key, const uint8_t *id);

#endif

/* Who is at work in a chat. */
#include "front/chat_claim.h"

#include "front/answer.h"

#include <string.h>

/* The instance is random: nobody makes up two chats that meet. */
static uint64_t name_of(
	const struct segment *s, uint64_t client_id, const char *session)
{
	uint64_t seed = s->shared->header.instance ^ client_id;
	return hash_fast64(session, strlen(session), seed);
}

bool chat_claim_take(
	struct conn *c, uint64_t client_id, const char *session, struct chat_claim *out)
{
	const struct front *f = c->front;
	const struct segment *s = f->process.segment;
	struct claim_ask ask = {.name = name_of(s, client_id, session),
		.channel = f->process.heritage->channel,
		.generation = channel_generation(f->channel.words)};
	*out = (struct chat_claim){.of = &s->claims};
	switch (claims_take(out->of, &ask, &out->claim)) {
	case CLAIM_TAKEN:
		return true;
	case CLAIM_BUSY:
		answer_error(c, APIERR_SESSION_BUSY);
		break;
	case CLAIM_FULL:
		answer_error(c, APIERR_QUEUE_FULL);
		break;
	}
	return false;
}

void chat_claim_drop(struct chat_claim *c)
{
	if (c->of != NULL)
		claims_drop(c->of, &c->claim);
}

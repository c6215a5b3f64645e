/*
 * A token for people: who it is, what it may do, and what it uses of that, from the ledger
 * and the segment; the same for `atlasctl tokens list` and GET /admin/tokens.
 *
 *	struct token_teller teller = {&segment.clients, &settings, now_ns, now_ms};
 *	token_tell(&teller, &token, &w);
 *
 *	{"id","name","role","created_at","revoked_at",
 *	 "limits": {each limit: as it was said, null = as [client] has it},
 *	 "in_force": {each limit: what holds; null = no limit},
 *	 "use": {each limit that is used up: how much of it; "concurrent": what runs},
 *	 "refused_at": {each budget: when it last refused in its period, and lets in no
 *	                other request since; null = it does not}}
 *
 * Of a rate, `use` is what has not flowed back yet; of a budget what is spent in its
 * period and held by what runs. "in_force", "use" and "refused_at" are null when nothing
 * runs that could say.
 */
#ifndef INSIGHT_TOKEN_TELL_H
#define INSIGHT_TOKEN_TELL_H

#include "conf/settings.h"
#include "decide/unknown_models.h"
#include "store/token.h"
#include "text/jsonw.h"

struct token_teller {
	const struct clients *clients;   /* NULL = there is no segment */
	const struct settings *settings; /* NULL as well then */
	uint64_t now_ns, now_ms;
};

/* What holds for a token now. */
struct token_told {
	bool is_in_force;            /* false: limits are those that were said */
	bool has_use;                /* the table has it */
	struct client_limits limits; /* in force */
	uint64_t use[CLIENT_NUMBERS];
	uint64_t refused_ms[PERIODS]; /* of budgets; 0 = not */
};

void token_told(const struct token_teller *teller, const struct token *t,
	struct token_told *out);

/* Does it limit anything? */
bool token_told_is_limit(const struct token_told *told, enum client_limit which);

/* Is it a limit that is used up, and is the use known? As text: returns out. */
bool token_told_has_use(const struct token_told *told, enum client_limit which);
const char *token_told_use(const struct token_told *told, enum client_limit which,
	char out[static CLIENT_MODELS_BYTES]);

void token_tell(
	const struct token_teller *teller, const struct token *t, struct jsonw *w);

/* Its member "limits" alone. */
void token_tell_limits(struct jsonw *w, const struct client_limits *l);

/* "unknown_models": [what they name and nobody knows]. */
void token_tell_unknown_models(struct jsonw *w, const struct known_models *known,
	const struct client_limits *l);

#endif

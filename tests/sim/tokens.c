/* The simulator's own, deliberately crooked token counts. */
#include "tokens.h"

/* One independent draw below n per purpose. */
static uint64_t draw(uint64_t hash, uint64_t purpose, uint64_t n)
{
	return mix64(hash + purpose * UINT64_C(0x9e3779b97f4a7c15)) % n;
}

static uint64_t count_prompt(const struct token_question *q)
{
	uint64_t plain = (q->chars + 3) / 4;
	uint64_t crooked = plain * (700 + draw(q->hash, 1, 701)) / 1000;
	return crooked + 3 * q->n_messages + 3 + draw(q->hash, 2, 5);
}

/* What was here before, from 1,024 tokens on and in steps of 128, as OpenAI counts. Short
 * prompts, which OpenAI never caches, hit by a third: so that most tests see cached tokens
 * and the same prompt always costs the same. */
static uint64_t count_cached(const struct token_question *q, uint64_t prompt)
{
	if (!q->caches)
		return 0;
	if (prompt < 1024)
		return draw(q->hash, 3, 3) == 0 ? prompt * draw(q->hash, 4, 900) / 1000
						: 0;
	uint64_t cached = prompt * q->seen_permille / 1000 / 128 * 128;
	return cached >= 1024 ? cached : 0;
}

struct usage tokens_count(
	const struct token_question *q, const struct wish *w, bool *cut)
{
	struct usage u;
	u.prompt = wish_get(w, WISH_PROMPT, count_prompt(q));
	u.cached = MIN(wish_get(w, WISH_CACHED, count_cached(q, u.prompt)), u.prompt);
	*cut = false;
	u.completion = u.reasoning = 0;
	if (q->n_choices == 0)
		return u;
	uint64_t thought = q->reasons ? 64 * draw(q->hash, 5, 4) : 0;
	uint64_t said = 12 + draw(q->hash, 6, 69);
	u.completion = wish_get(w, WISH_TOKENS, thought + said);
	if (w->has[WISH_TOKENS])
		thought = MIN(thought, u.completion / 2);
	*cut = u.completion > q->max_completion;
	if (*cut)
		u.completion = q->max_completion;
	u.reasoning = MIN(wish_get(w, WISH_REASONING, thought), u.completion);
	u.completion *= q->n_choices;
	u.reasoning *= q->n_choices;
	return u;
}

uint64_t tokens_pieces(uint64_t hash, uint64_t said)
{
	uint64_t pieces = said * (700 + draw(hash, 7, 501)) / 1000;
	return said > 0 ? MAX(pieces, UINT64_C(1)) : 0;
}

uint64_t tokens_spent(const struct usage *u, uint64_t pieces, uint64_t n_pieces)
{
	if (pieces >= n_pieces)
		return u->completion;
	if (pieces == 0)
		return 0;
	return u->reasoning + (u->completion - u->reasoning) * pieces / n_pieces;
}

uint64_t tokens_admission(const struct token_question *q)
{
	uint64_t chars = (q->chars + 3) / 4;
	return q->max_completion == UINT64_MAX ? chars : MAX(q->max_completion, chars);
}

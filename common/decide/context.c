/* Texts and windows. */
#include "decide/context.h"

#include "base/num.h"

enum {
	CHARS_A_TOKEN = 4,   /* when nothing else is known */
	MOST_CHARS = 8,      /* a token, whatever was counted */
	ENOUGH = 1000,       /* tokens, before what was learnt is gone by */
	REMEMBERED = 1 << 20 /* tokens: then the older half fades */
};

void context_learn(struct context_ratio *r, uint64_t chars, uint64_t tokens)
{
	if (chars == 0 || tokens == 0)
		return;
	r->chars = num_add_sat(r->chars, chars);
	r->tokens = num_add_sat(r->tokens, tokens);
	while (r->tokens > REMEMBERED) {
		r->chars /= 2;
		r->tokens /= 2;
	}
}

struct context_text context_count(struct str utf8)
{
	struct context_text t = {0, 0};
	for (size_t i = 0; i < utf8.n; i++) {
		unsigned char c = (unsigned char)utf8.p[i];
		t.n_chars += (c & 0xc0) != 0x80;
		t.n_wide += c >= 0xc0;
	}
	return t;
}

static uint64_t rounded_up(uint64_t n, uint64_t by)
{
	return n / by + (n % by != 0);
}

uint64_t context_tokens(const struct context_ratio *r, struct context_text t)
{
	if (r->tokens < ENOUGH)
		return rounded_up(t.n_chars - t.n_wide, CHARS_A_TOKEN) + t.n_wide;
	uint64_t chars = MIN(t.n_chars, UINT64_C(1) << 40); /* no product overflows */
	uint64_t n = rounded_up(chars * r->tokens, MAX(r->chars, UINT64_C(1)));
	return MAX(n, rounded_up(chars, MOST_CHARS));
}

uint64_t context_room(uint64_t window_tokens, uint64_t answer_tokens)
{
	uint64_t room = num_sub_sat(window_tokens, answer_tokens);
	return num_sub_sat(room, window_tokens / 16);
}

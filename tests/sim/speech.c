/* What a completion says, piece by piece. */
#include "speech.h"

#include "words.h"

/* How long the pieces of a script are, in bytes. */
enum { PIECE_BYTES = 12 };

void speech_use_words(struct speech *s, uint64_t n)
{
	s->n_words = n;
}

void speech_use_json(struct speech *s, struct buf *text)
{
	buf_free(&s->script);
	s->script = *text;
	*text = (struct buf){0};
	s->n_words = 0;
}

static uint64_t pieces_of(size_t bytes)
{
	return MAX((bytes + PIECE_BYTES - 1) / PIECE_BYTES, (size_t)1);
}

bool speech_add_call(struct speech *s, struct slice name, struct slice args)
{
	if (s->n_calls == SPEECH_CALLS)
		return false;
	struct speech_call *c = &s->calls[s->n_calls++];
	*c = (struct speech_call){
		.name_at = s->script.n,
		.name_n = name.n,
		.args_at = s->script.n + name.n,
		.args_n = args.n,
		.n_pieces = pieces_of(args.n),
	};
	buf_slice(&s->script, name);
	buf_slice(&s->script, args);
	return true;
}

uint64_t speech_length(const struct speech *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_calls; i++)
		n += s->calls[i].n_pieces;
	if (n > 0 || s->script.n == 0)
		return n > 0 ? n : s->n_words;
	return pieces_of(s->script.n);
}

/* The first byte of piece i: where a character begins. */
static size_t cut(struct slice text, uint64_t i)
{
	size_t at = (size_t)i * PIECE_BYTES;
	if (at >= text.n)
		return text.n;
	while (at > 0 && ((unsigned char)text.p[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static void put_part(struct buf *out, struct slice text, uint64_t i)
{
	size_t from = cut(text, i), to = cut(text, i + 1);
	buf_escaped(out, (struct slice){text.p + from, to - from});
}

void speech_piece(struct buf *out, const struct speech *s, uint64_t choice, uint64_t i)
{
	if (s->n_calls > 0) {
		uint64_t at;
		size_t call = speech_call_of(s, i, &at);
		put_part(out, speech_call_args(s, call), at);
	} else if (s->script.n > 0) {
		put_part(out, buf_view(&s->script), i);
	} else {
		words_piece(out, choice == 0 ? s->hash : mix64(s->hash + choice), i);
	}
}

size_t speech_call_of(const struct speech *s, uint64_t i, uint64_t *at)
{
	size_t call = 0;
	while (call + 1 < s->n_calls && i >= s->calls[call].n_pieces)
		i -= s->calls[call++].n_pieces;
	*at = i;
	return call;
}

struct slice speech_call_name(const struct speech *s, size_t call)
{
	const struct speech_call *c = &s->calls[call];
	return (struct slice){s->script.p + c->name_at, c->name_n};
}

struct slice speech_call_args(const struct speech *s, size_t call)
{
	const struct speech_call *c = &s->calls[call];
	return (struct slice){s->script.p + c->args_at, c->args_n};
}

void speech_call_id(struct buf *out, const struct speech *s, const char *prefix,
	uint64_t choice, size_t call)
{
	buf_text(out, prefix);
	buf_hex(out, mix64(s->hash + 64 * choice + call + 1), 16);
}

void speech_fini(struct speech *s)
{
	buf_free(&s->script);
}

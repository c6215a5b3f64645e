/* The text of a reply, word by word. */
#include "words.h"

#include <string.h>

enum { BOOK_PASSAGES = 512, BOOK_WORDS = 64 << 10 };

static const char *const openings[] = {
#define OPENING(text) text,
#define PLAIN(text)
#define SPECIAL(text)
#include "passages.def"
};
#undef OPENING
#undef PLAIN
#undef SPECIAL

static const char *const plain[] = {
#define OPENING(text)
#define PLAIN(text) text,
#define SPECIAL(text)
#include "passages.def"
};
#undef PLAIN
#undef SPECIAL

static const char *const special[] = {
#define PLAIN(text)
#define SPECIAL(text) text,
#include "passages.def"
};

/* A piece: a word with the blanks before it. */
struct word {
	const char *p;
	uint16_t n;
	bool first, last; /* of its passage */
};

static struct book {
	struct word words[BOOK_WORDS];
	size_t n;
	size_t starts[BOOK_PASSAGES];
} book;

/* ---- the book ------------------------------------------------------------------- */

static struct slice next_word(const char *text)
{
	size_t n = strspn(text, " ");
	return (struct slice){text, n + strcspn(text + n, " ")};
}

static size_t count_words(const char *text)
{
	size_t n = 0;
	for (; *text != '\0'; n++)
		text += next_word(text).n;
	return n;
}

static void write_passage(const char *text)
{
	if (book.n + count_words(text) > BOOK_WORDS)
		fatal("the book of texts is too long");
	for (bool first = true; *text != '\0'; first = false) {
		struct slice w = next_word(text);
		text += w.n;
		book.words[book.n++] =
			(struct word){w.p, (uint16_t)w.n, first, *text == '\0'};
	}
}

static size_t gcd(size_t a, size_t b)
{
	return b == 0 ? a : gcd(b, a % b);
}

/* The i-th of n passages, round after round: each round has all of them once, in an order
 * of its own. */
static size_t pick(size_t i, size_t n)
{
	uint64_t round = mix64(i / n);
	size_t step = 1 + (size_t)(round >> 32) % (n - 1);
	while (gcd(step, n) != 1)
		step++;
	return ((size_t)(round % n) + i % n * step) % n;
}

/* Two plain passages, then a special one. */
static void write_book(void)
{
	for (size_t i = 0; i < BOOK_PASSAGES; i++) {
		size_t at = i / 3;
		book.starts[i] = book.n;
		if (i % 3 == 2)
			write_passage(special[pick(at, N_ELEMENTS(special))]);
		else
			write_passage(plain[pick(2 * at + i % 3, N_ELEMENTS(plain))]);
	}
}

/* ---- texts ---------------------------------------------------------------------- */

static const char *opening(uint64_t hash)
{
	return openings[(hash >> 32) % N_ELEMENTS(openings)];
}

/* Word i behind the opening. */
static const struct word *book_word(uint64_t hash, uint64_t i)
{
	if (book.n == 0)
		write_book();
	return &book.words[(book.starts[hash % BOOK_PASSAGES] + i) % book.n];
}

void words_piece(struct buf *out, uint64_t hash, uint64_t i)
{
	const char *text = opening(hash);
	for (; *text != '\0'; i--) {
		struct slice w = next_word(text);
		if (i == 0) {
			buf_slice(out, w);
			return;
		}
		text += w.n;
	}
	const struct word *w = book_word(hash, i);
	if (w->first)
		BUF_LIT(out, "\\n\\n");
	buf_put(out, w->p, w->n);
}

uint64_t words_whole(uint64_t hash, uint64_t n)
{
	uint64_t before = count_words(opening(hash));
	if (n <= before)
		return before;
	while (!book_word(hash, n - before - 1)->last)
		n++;
	return n;
}

/* The text of a reply, word by word. */
#include "words.h"

#include <string.h>

/* Escaped for JSON already; some are not ASCII, some are all escapes. */
static const char *const words[] = {"a", "able", "about", "above", "across", "after",
	"again", "air", "all", "almost", "also", "always", "among", "and", "another",
	"answer", "any", "are", "as", "at", "be", "because", "before", "began", "below",
	"between", "both", "bridge", "but", "by", "café", "call", "can", "carry",
	"change", "city", "clear", "close", "cold", "come", "could", "country", "day",
	"does", "door", "down", "each", "early", "earth", "end", "enough", "even",
	"every", "far", "Straße", "few", "find", "first", "follow", "for", "from",
	"garden", "give", "good", "great", "ground", "grow", "half", "hand", "have",
	"head", "here", "high", "house", "how", "idea", "if", "important", "in", "is",
	"it", "just", "keep", "kind", "land", "large", "late", "learn", "leave",
	"light", "line", "little", "long", "made", "many", "mean", "might", "mountain",
	"most", "much", "must", "naïve", "near", "need", "never", "next", "night", "no",
	"number", "of", "often", "on", "one", "only", "open", "or", "other", "our",
	"over", "own", "page", "part", "people", "place", "plan", "point", "question",
	"quite", "read", "real", "right", "river", "room", "same", "sea", "second",
	"see", "seem", "set", "should", "show", "side", "simple", "slow", "small", "so",
	"some", "song", "sound", "still", "story", "such", "take", "tell", "than",
	"that", "the", "their", "then", "there", "these", "thing", "think", "this",
	"through", "time", "to", "turn", "under", "until", "up", "use", "very", "walk",
	"want", "water", "way", "we", "well", "were", "what", "when", "where", "which",
	"while", "who", "why", "will", "with", "word", "work", "world", "would",
	"write", "year", "yet", "you", "日本", "мир", "€", "🙂", "\\u00e9t\\u00e9",
	"\\ud83d\\ude80", "\\\"quoted\\\"", "C:\\\\path", "<b>tag</b>", "1,024"};

static uint64_t chance(uint64_t hash, uint64_t i)
{
	return mix64(hash ^ (i + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

static bool ends_sentence(uint64_t r)
{
	return r % 11 == 0;
}

/* What stands between a piece and the one before it. */
static const char *gap(uint64_t r, bool starts)
{
	static const char *const breaks[] = {"\\n\\n", "\\n- ", "\\n\\n## ", "\\n1. "};
	if (starts && (r >> 40) % 4 == 0)
		return breaks[(r >> 44) % N_ELEMENTS(breaks)];
	return " ";
}

static const char *mark(uint64_t r)
{
	if ((r >> 32) % 29 == 0)
		return "**";
	return (r >> 32) % 31 == 0 ? "`" : "";
}

void words_piece(struct buf *out, uint64_t hash, uint64_t i)
{
	uint64_t r = chance(hash, i);
	bool starts = i == 0 || ends_sentence(chance(hash, i - 1));
	const char *word = words[(r >> 8) % N_ELEMENTS(words)];
	if (i > 0)
		buf_text(out, gap(r, starts));
	buf_text(out, mark(r));
	size_t at = out->n;
	buf_text(out, word);
	if (starts && word[0] >= 'a' && word[0] <= 'z')
		out->p[at] = (char)(word[0] - 'a' + 'A');
	buf_text(out, mark(r));
	if (ends_sentence(r))
		BUF_LIT(out, ".");
	else if ((r >> 20) % 17 == 0)
		BUF_LIT(out, ",");
}

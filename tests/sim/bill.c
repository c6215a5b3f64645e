/* The bill: lines, their batch, their store and the totals. */
#include "bill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20, MEMORY_BYTES = 256 << 20 };

/* Whole lines; the oldest block is the first. */
struct bill_block {
	struct bill_block *next;
	struct buf lines;
	uint64_t n_lines;
};

/* ---- totals --------------------------------------------------------------------- */

/* Add a share (sign 1) or take it out again (sign -1, as arithmetic modulo 2^64). */
static void move_share(struct bill_totals *t, const struct bill_share *s, uint64_t sign)
{
	t->requests += sign;
	t->billed += s->billed ? sign : 0;
	t->open += s->open ? sign : 0;
	t->usage.prompt += sign * s->usage.prompt;
	t->usage.cached += sign * s->usage.cached;
	t->usage.completion += sign * s->usage.completion;
	t->usage.reasoning += sign * s->usage.reasoning;
	t->cost_nanousd += sign * s->cost_nanousd;
	t->by_status[s->status] += sign;
}

/* The last line holds: what an earlier one of the same request put in goes first. */
static void count(struct bill *b, enum bill_event event, struct bill_entry *e)
{
	if (e->share.counted && e->share.era == b->era)
		move_share(&b->totals, &e->share, UINT64_MAX);
	e->share = (struct bill_share){
		.counted = true,
		.open = event == BILL_OPEN,
		.billed = e->billed,
		.era = b->era,
		.status = e->status,
	};
	if (e->billed) {
		e->share.usage = e->usage;
		e->share.cost_nanousd =
			price_cost_nanousd(e->price, e->tier, &e->usage);
	}
	move_share(&b->totals, &e->share, 1);
}

/* ---- lines ---------------------------------------------------------------------- */

static void member_name(struct buf *o, const char *name, const char *text)
{
	buf_key(o, name);
	if (text == NULL)
		BUF_LIT(o, "null");
	else
		buf_json(o, slice_of(text));
}

static void put_line(
	struct buf *o, uint64_t n, enum bill_event event, const struct bill_entry *e)
{
	static const char *const names[] = {"open", "final", "abort"};
	BUF_LIT(o, "{");
	buf_member_u64(o, "n", n);
	member_name(o, "event", names[event]);
	buf_member_u64(o, "t_ms", clock_wall_ms());
	member_name(o, "request_id", e->request_id);
	member_name(o, "x_client_request_id", e->client_id);
	buf_member_hex(o, "key_hash8", e->key_hash >> 32, 8);
	member_name(o, "endpoint", e->endpoint);
	member_name(o, "model", e->price ? e->price->name : NULL);
	member_name(o, "served", e->price ? e->price->served : NULL);
	member_name(o, "service_tier", e->price ? price_tier_name(e->tier) : NULL);
	buf_member_bool(o, "long_context",
		e->price && price_is_long(e->price, e->usage.prompt));
	buf_member_u64(o, "prompt_tokens", e->usage.prompt);
	buf_member_u64(o, "cached_tokens", e->usage.cached);
	buf_member_u64(o, "completion_tokens", e->usage.completion);
	buf_member_u64(o, "reasoning_tokens", e->usage.reasoning);
	buf_member_u64(o, "cost_nanousd", e->share.cost_nanousd);
	buf_member_u64(o, "status", (uint64_t)e->status);
	buf_member_bool(o, "stream", e->stream);
	member_name(o, "mode", e->mode);
	buf_member_u64(o, "sent_tokens", e->sent_tokens);
	buf_member_bool(o, "completed", e->completed);
	buf_member_hex(o, "body_fnv", e->body_fnv, 16);
	buf_member_bool(o, "billed", e->billed);
	BUF_LIT(o, "}\n");
}

/* ---- the store ------------------------------------------------------------------ */

static void drop_first_block(struct bill *b)
{
	struct bill_block *old = b->first;
	b->first = old->next;
	if (b->first == NULL)
		b->last = NULL;
	b->memory_bytes -= old->lines.n;
	b->dropped += old->n_lines;
	buf_free(&old->lines);
	free(old);
}

/* One line more; a block is closed when it would pass its size. */
static void remember(struct bill *b, struct slice line)
{
	if (b->last == NULL || b->last->lines.n + line.n > BLOCK_BYTES) {
		struct bill_block *block = grow(NULL, sizeof *block);
		*block = (struct bill_block){0};
		if (b->last != NULL)
			b->last->next = block;
		else
			b->first = block;
		b->last = block;
	}
	buf_slice(&b->last->lines, line);
	b->last->n_lines++;
	b->memory_bytes += line.n;
	while (b->memory_bytes > MEMORY_BYTES)
		drop_first_block(b);
}

static void write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);
		if (put < 0 && errno != EINTR)
			fatal("cannot write the bill: %s", strerror(errno));
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
}

void bill_append(struct bill *b, enum bill_event event, struct bill_entry *e)
{
	count(b, event, e);
	size_t from = b->batch.n;
	put_line(&b->batch, ++b->seq, event, e);
	if (b->fd >= 0)
		return;
	remember(b, (struct slice){b->batch.p + from, b->batch.n - from});
	b->batch.n = 0;
}

void bill_commit(struct bill *b)
{
	if (b->batch.n == 0)
		return;
	write_all(b->fd, b->batch.p, b->batch.n);
	if (b->sync && fdatasync(b->fd) != 0)
		fatal("cannot sync the bill: %s", strerror(errno));
	b->file_n += b->batch.n;
	b->batch.n = 0;
	b->n_commits++;
}

/* Count what an earlier run left, so that n goes on; a torn last line is closed. */
static void adopt_file(struct bill *b)
{
	char block[64 << 10], last = '\n';
	for (;;) {
		ssize_t got = read(b->fd, block, sizeof block);
		if (got < 0)
			fatal("cannot read the bill: %s", strerror(errno));
		if (got == 0)
			break;
		for (ssize_t i = 0; i < got; i++)
			b->seq += block[i] == '\n';
		last = block[got - 1];
		b->file_n += (uint64_t)got;
	}
	if (last != '\n') {
		write_all(b->fd, "\n", 1);
		b->file_n++;
		b->seq++;
	}
	b->file_from = b->file_n;
}

void bill_open(struct bill *b, const char *path, bool sync)
{
	*b = (struct bill){.fd = -1, .sync = sync};
	if (path == NULL)
		return;
	b->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (b->fd < 0)
		fatal("cannot open the bill %s: %s", path, strerror(errno));
	adopt_file(b);
}

void bill_close(struct bill *b)
{
	bill_commit(b);
	while (b->first != NULL)
		drop_first_block(b);
	buf_free(&b->batch);
	if (b->fd >= 0)
		close(b->fd);
}

void bill_reset(struct bill *b)
{
	bill_commit(b);
	while (b->first != NULL)
		drop_first_block(b);
	b->totals = (struct bill_totals){0};
	b->dropped = 0;
	b->era++;
	b->file_from = b->file_n;
}

uint64_t bill_size(const struct bill *b)
{
	return b->fd >= 0 ? b->file_n - b->file_from : b->memory_bytes;
}

size_t bill_read(const struct bill *b, uint64_t at, char *out, size_t n)
{
	if (b->fd >= 0) {
		ssize_t got = pread(b->fd, out, n, (off_t)(b->file_from + at));
		return got > 0 ? (size_t)got : 0;
	}
	const struct bill_block *block = b->first;
	while (block != NULL && at >= block->lines.n) {
		at -= block->lines.n;
		block = block->next;
	}
	if (block == NULL)
		return 0;
	n = MIN(n, block->lines.n - (size_t)at);
	memcpy(out, block->lines.p + at, n);
	return n;
}

void bill_summary(const struct bill *b, struct buf *out)
{
	const struct bill_totals *t = &b->totals;
	BUF_LIT(out, "{");
	buf_member_u64(out, "requests", t->requests);
	buf_member_u64(out, "billed", t->billed);
	buf_member_u64(out, "open", t->open);
	buf_member_u64(out, "prompt_tokens", t->usage.prompt);
	buf_member_u64(out, "completion_tokens", t->usage.completion);
	buf_member_u64(out, "cached_tokens", t->usage.cached);
	buf_member_u64(out, "reasoning_tokens", t->usage.reasoning);
	buf_member_u64(out, "total_tokens", t->usage.prompt + t->usage.completion);
	buf_member_u64(out, "cost_nanousd", t->cost_nanousd);
	buf_member_u64(out, "lines", b->seq);
	buf_member_u64(out, "dropped", b->dropped);
	buf_member_u64(out, "commits", b->n_commits);
	buf_key(out, "by_status");
	BUF_LIT(out, "{");
	for (unsigned s = 0; s < BILL_STATUSES; s++) {
		if (t->by_status[s] == 0)
			continue;
		char name[12];
		snprintf(name, sizeof name, "%u", s);
		buf_member_u64(out, name, t->by_status[s]);
	}
	BUF_LIT(out, "}}");
}

/* Facts of chats, from their push to their commit. */
#include "front/chat_keep.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct chat_keep {
	struct chat_keep *prev, *next; /* in front->keeps */
	struct conn *conn;             /* NULL = nobody waits */
	struct chat_keep_plan plan;
	uint64_t extent;   /* in the region; 0 = none yet */
	uint64_t position; /* behind the fact in the lane; 0 = not pushed */
};

static void on_left(struct conn *c)
{
	struct chat_keep *k = c->ask;
	k->conn = NULL;
}

static void on_writable(struct conn *c)
{
	(void)c; /* nothing is written before the commit */
}

static const struct conn_ops ops = {on_left, on_writable};

static void end(struct front *f, struct chat_keep *k)
{
	must((k->prev == NULL) == (f->keeps == k));
	*(k->prev ? &k->prev->next : &f->keeps) = k->next;
	if (k->next != NULL)
		k->next->prev = k->prev;
	if (k->extent != 0)
		arena_free(f->arena, k->extent);
	if (k->plan.drop != NULL)
		k->plan.drop(k->plan.arg);
	str_free(&k->plan.text);
	free(k);
}

/* ---- on its way -------------------------------------------------------------------- */

static bool place_text(struct front *f, struct chat_keep *k)
{
	struct fact_chat_turn *t = &k->plan.fact.chat_turn;
	struct str text = k->plan.text;
	if (text.p == NULL || k->extent != 0)
		return true;
	if (!arena_alloc(f->arena, text.n, &k->extent)) {
		k->extent = 0;
		return false;
	}
	char *dst = channel_region_at(&f->channel, k->extent, text.n);
	must(dst != NULL);
	memcpy(dst, text.p, text.n);
	t->channel = f->process.heritage->channel;
	t->text_offset = k->extent;
	t->text_bytes = text.n;
	return true;
}

static bool push(struct front *f, struct chat_keep *k)
{
	if (!place_text(f, k) || !facts_push(&f->facts, &k->plan.fact.head))
		return false;
	k->position = facts_position(&f->facts);
	process_ring(&f->process, SLOT_RECORD);
	return true;
}

void chat_keep(struct front *f, struct conn *c, const struct chat_keep_plan *plan)
{
	struct chat_keep *k = calloc(1, sizeof *k);
	must(k != NULL);
	k->conn = c;
	k->plan = *plan;
	k->next = f->keeps;
	if (k->next != NULL)
		k->next->prev = k;
	f->keeps = k;
	if (c != NULL)
		conn_wait(c, &ops, k);
	(void)push(f, k); /* full: with the next turns */
}

static void finish(struct front *f, struct chat_keep *k)
{
	if (k->conn != NULL)
		k->plan.kept(k->conn, k->plan.arg);
	end(f, k);
}

bool chat_keeps_turn(struct front *f)
{
	bool moved = false;
	for (struct chat_keep *k = f->keeps, *next; k != NULL; k = next) {
		next = k->next;
		if (k->position == 0) {
			moved |= push(f, k);
		} else if (k->position <= facts_committed(&f->facts)) {
			finish(f, k);
			moved = true;
		}
	}
	return moved;
}

bool chat_keeps_have_work(const struct front *f)
{
	for (const struct chat_keep *k = f->keeps; k != NULL; k = k->next)
		if (k->position != 0 && k->position <= facts_committed(&f->facts))
			return true;
	return false;
}

void chat_keeps_close(struct front *f)
{
	while (f->keeps != NULL)
		end(f, f->keeps);
}

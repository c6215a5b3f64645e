/* Jobs: one list, one table a channel. */
#include "dispatch/job.h"

#include "dispatch/dispatch.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 256 };

/* A channel has far more slots than are ever used: a front takes low ones first. */
static void make_room(struct jobs *js, uint32_t channel_ix, uint32_t slot)
{
	uint32_t had = js->n_slots[channel_ix], n = MAX(had, SLOTS_MIN);
	if (slot < had)
		return;
	while (n <= slot)
		n *= 2;
	struct job **table =
		reallocarray(js->by_slot[channel_ix], n, sizeof(struct job *));
	must(table != NULL);
	memset(&table[had], 0, (n - had) * sizeof(struct job *));
	js->by_slot[channel_ix] = table;
	js->n_slots[channel_ix] = n;
}

struct job *job_new(struct dispatch *d, const struct channel *c, uint32_t channel_ix,
	struct exchange_ref ref)
{
	struct jobs *js = &d->jobs;
	must(jobs_find(js, channel_ix, ref.slot) == NULL);
	struct job *j = calloc(1, sizeof *j);
	must(j != NULL);
	j->dispatch = d;
	j->channel = channel_ix;
	j->ref = ref;
	j->exchange = &c->exchanges[ref.slot];
	j->backlog_node = BACKLOG_NO_NODE;
	j->next = js->all;
	if (js->all != NULL)
		js->all->prev = j;
	js->all = j;
	make_room(js, channel_ix, ref.slot);
	js->by_slot[channel_ix][ref.slot] = j;
	js->n++;
	return j;
}

void job_free(struct job *j)
{
	struct jobs *js = &j->dispatch->jobs;
	must(j->transfer == NULL && j->reply == NULL && j->answer == NULL);
	*(j->prev ? &j->prev->next : &js->all) = j->next;
	if (j->next != NULL)
		j->next->prev = j->prev;
	js->by_slot[j->channel][j->ref.slot] = NULL;
	js->n--;
	free(j);
}

struct job *jobs_find(const struct jobs *js, uint32_t channel_ix, uint32_t slot)
{
	return slot < js->n_slots[channel_ix] ? js->by_slot[channel_ix][slot] : NULL;
}

uint64_t job_handle(const struct job *j)
{
	return (uint64_t)j->channel << 32 | j->ref.slot;
}

struct job *jobs_by_handle(const struct jobs *js, uint64_t handle)
{
	return jobs_find(js, (uint32_t)(handle >> 32), (uint32_t)handle);
}

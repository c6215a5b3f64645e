/* Jobs: one list, one table a channel. */
#include "dispatch/job.h"

#include "dispatch/dispatch.h"

#include <stdlib.h>

void jobs_init(struct jobs *js, const struct channel *channels, uint32_t n_channels)
{
	*js = (struct jobs){0};
	for (uint32_t i = 0; i < n_channels; i++) {
		js->by_slot[i] = calloc(channels[i].n_exchanges, sizeof(struct job *));
		must(js->by_slot[i] != NULL);
	}
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
	return js->by_slot[channel_ix][slot];
}

uint64_t job_handle(const struct job *j)
{
	return (uint64_t)j->channel << 32 | j->ref.slot;
}

struct job *jobs_by_handle(const struct jobs *js, uint64_t handle)
{
	return jobs_find(js, (uint32_t)(handle >> 32), (uint32_t)handle);
}

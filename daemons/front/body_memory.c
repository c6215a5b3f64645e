/* What this front's bodies take, and what all may. */
#include "front/body_memory.h"

#include "front/front.h"

static void publish(struct front *f)
{
	channel_set_body_bytes(f->channel.words, f->body_bytes);
}

bool body_memory_take(struct front *f, uint64_t n_bytes)
{
	uint64_t max = f->process.settings.body_memory_bytes;
	body_memory_copy(f, n_bytes);
	if (segment_body_bytes(f->process.segment) <= max)
		return true;
	body_memory_give(f, n_bytes);
	return false;
}

void body_memory_copy(struct front *f, uint64_t n_bytes)
{
	f->body_bytes += n_bytes;
	publish(f);
}

void body_memory_give(struct front *f, uint64_t n_bytes)
{
	if (n_bytes == 0)
		return;
	must(f->body_bytes >= n_bytes);
	f->body_bytes -= n_bytes;
	publish(f);
}

/* The heap of events. */
#include "agenda.h"

#include <stdlib.h>

static bool is_before(const struct event *a, const struct event *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
	struct event keep = *a;
	*a = *b;
	*b = keep;
}

void agenda_add(struct agenda *a, uint64_t at_ns, uint32_t kind, uint32_t subject)
{
	if (a->n == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 1024;
		a->heap = realloc(a->heap, a->cap * sizeof *a->heap);
		if (a->heap == NULL)
			abort();
	}
	size_t i = a->n++;
	a->heap[i] = (struct event){at_ns, a->added++, kind, subject};
	for (; i > 0 && is_before(&a->heap[i], &a->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&a->heap[i], &a->heap[(i - 1) / 2]);
}

uint64_t agenda_next_ns(const struct agenda *a)
{
	return a->n > 0 ? a->heap[0].at_ns : UINT64_MAX;
}

struct event agenda_take(struct agenda *a)
{
	struct event first = a->heap[0];
	a->heap[0] = a->heap[--a->n];
	for (size_t i = 0;;) {
		size_t least = i, l = 2 * i + 1, r = l + 1;
		if (l < a->n && is_before(&a->heap[l], &a->heap[least]))
			least = l;
		if (r < a->n && is_before(&a->heap[r], &a->heap[least]))
			least = r;
		if (least == i)
			return first;
		swap(&a->heap[i], &a->heap[least]);
		i = least;
	}
}

void agenda_free(struct agenda *a)
{
	free(a->heap);
}

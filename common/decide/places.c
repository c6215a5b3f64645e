/* Places in the queue, by class. */
#include "decide/places.h"

#include "decide/backlog.h"

enum { HIGHEST = BACKLOG_CLASSES - 1, PART = 16 };

uint64_t places_for(uint64_t max_size, unsigned class)
{
	return class == HIGHEST ? max_size + MAX(max_size / PART, 1) : max_size;
}

uint64_t places_all(uint64_t max_size)
{
	return places_for(max_size, HIGHEST);
}

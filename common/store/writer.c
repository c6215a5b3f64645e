/* The holder of the writer's lock. */
#include "store/writer.h"

#include "base/holder.h"
#include "store/place.h"

#include <stdio.h>

struct lock_path {
	char text[PLACE_PATH_BYTES];
};

static struct lock_path lock_of(const char *data_dir)
{
	struct lock_path p;
	snprintf(p.text, sizeof p.text, "%s/ledger.lock", data_dir);
	return p;
}

uint32_t store_writer(const char *data_dir)
{
	return holder_find(lock_of(data_dir).text);
}

bool store_is_locked(const char *data_dir)
{
	return holder_is_there(lock_of(data_dir).text);
}

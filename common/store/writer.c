/* The holder of the writer's lock. */
#include "store/writer.h"

#include "base/holder.h"
#include "store/place.h"

#include <stdio.h>

uint32_t store_writer(const char *data_dir)
{
	char path[PLACE_PATH_BYTES];
	snprintf(path, sizeof path, "%s/ledger.lock", data_dir);
	return holder_find(path);
}

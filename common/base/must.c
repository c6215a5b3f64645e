/* must(): the one place that ends a process because the program is wrong. */
#include "base/attr.h"

#include <stdio.h>
#include <stdlib.h>

void must_failed(const char *cond, const char *file, int line)
{
	fprintf(stderr, "atlas: must failed: %s at %s:%d\n", cond, file, line);
	abort();
}

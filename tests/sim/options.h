/* The command line. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "basics.h"

enum { OPTIONS_KEYS = 16 };

struct options {
	uint64_t port, admin_port, seed, ttft_ms, rpm, tpm;
	uint64_t milli_tps; /* thousandths of a token per second; 0 = all at once */
	const char *bill, *scenario;
	bool bill_sync;
	const char *api_keys[OPTIONS_KEYS];
	size_t n_api_keys; /* 0 = any key will do */
};

/* Fill *o or end the program: 0 after --help, 2 on wrong usage. */
void options_parse(struct options *o, int argc, char **argv);

#endif

/* Whose fault it was. */
#include "segment/ending.h"

static enum exchange_ending ending_of_status(unsigned status)
{
	if (status >= 200 && status < 300)
		return ENDING_ANSWERED;
	return status >= 400 && status < 500 ? ENDING_REFUSED : ENDING_FAILED;
}

enum exchange_ending exchange_ending(enum exchange_failure why, unsigned status)
{
	switch (why) {
	case FAILURE_NONE:
		return ending_of_status(status);
	case FAILURE_REQUEST_TOO_LARGE:
	case FAILURE_KEY_REUSED:
	case FAILURE_QUEUE_FULL:
		return ENDING_REFUSED;
	case FAILURE_CANCELLED:
	case FAILURE_REQUEST_CANCELLED:
		return ENDING_CANCELLED;
	default:
		return ENDING_FAILED;
	}
}

enum counter_id exchange_ending_counter(enum exchange_failure why, unsigned status)
{
	static const enum counter_id counters[] = {
		[ENDING_ANSWERED] = COUNTER_exchanges_done,
		[ENDING_FAILED] = COUNTER_exchanges_failed,
		[ENDING_REFUSED] = COUNTER_exchanges_refused,
		[ENDING_CANCELLED] = COUNTER_exchanges_cancelled};
	return counters[exchange_ending(why, status)];
}

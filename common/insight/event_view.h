/*
 * The events that the segment keeps (segment/events.h), in words: status, top and the
 * dashboard show the same. Pure.
 */
#ifndef INSIGHT_EVENT_VIEW_H
#define INSIGHT_EVENT_VIEW_H

#include "segment/clients.h"
#include "segment/events.h"

enum { EVENT_VIEW_BYTES = 80 };

/* "key_state". Returns out. */
const char *event_view_name(const struct event *e, char out[static EVENT_VIEW_BYTES]);

/* What its number means: "epoch 3", "steady", "front 1 (channel 2)", "token my-app
 * (1b62aabbccddeeff)". Returns out. */
const char *event_view_detail(const struct event *e, const struct clients *clients,
	char out[static EVENT_VIEW_BYTES]);

/* The process in that slot, by the number that log and process title have: "dispatch",
 * "front 1 (channel 2)". Returns out. */
const char *event_view_process(
	uint32_t slot, uint32_t number, char out[static EVENT_VIEW_BYTES]);

#endif

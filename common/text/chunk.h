/*
 * What a client that did not ask for usage gets of a stream whose upstream was asked
 * for it: without the last chunk that carries the usage, and without "usage":null in
 * the others, so that it sees what it would have seen at OpenAI.
 *
 *	switch (chunk_judge(&view, &cut)) {		view from usage_read(data)
 *	case CHUNK_PASS: ... data as it is
 *	case CHUNK_CUT:  ... data with the edit cut
 *	case CHUNK_DROP: ... nothing
 *
 * Pure; dispatch runs it for each event of a stream. Knows nothing of events' framing.
 */
#ifndef TEXT_CHUNK_H
#define TEXT_CHUNK_H

#include "text/edit.h"
#include "text/usage.h"

enum chunk_verdict { CHUNK_PASS, CHUNK_CUT, CHUNK_DROP };

/* Whether an event's data is the "[DONE]" that ends a chat stream; it is no JSON. */
bool chunk_is_done(struct str data);

/* Judge one chunk by its view; *cut is filled for CHUNK_CUT. An error always passes. */
enum chunk_verdict chunk_judge(const struct usage_view *view, struct edit *cut);

#endif

/*
 * One setting's text to its field and back: how each type of settings.def is written,
 * which values it takes and what is said of those it does not. The master and atlasctl
 * run it.
 *
 *	COUNT      5                        whole number
 *	DURATION   250ms 10s 5m 1h 1.5      bare = seconds; fractions allowed
 *	MINUTES    15 0.5                   fractions allowed, to a millionth
 *	SIZE       512 64K 32M 1G           binary
 *	CPUS       auto 4                   auto becomes the number of CPUs here
 *	USD        2.50                     dollars, up to nine decimals, kept as nano-dollars
 *	BOOL       yes no
 *	CHOICE     one of the words in min
 *	NAME       letters, digits and - . _ @ +; fit for a header
 *	PATH       any text
 *	URL        see conf/url.h; kept without its last slashes
 *	HOOK       the same, kept whole; it may have a query
 *	MODELS     visible characters: names by commas, with * for anything
 *	ADDRESSES  see address_parse(); by commas or blanks; no address twice
 *	HOSTS      see address_is_host(); by commas or blanks
 *	PHRASES    any text without a comma; by commas
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/origin.h"
#include "conf/settings.h"

/* Parse text into st's field of s, replacing what was there; a list grows instead, so
 * that its key may be repeated. False, with the field as it was (a list may have grown)
 * and a sentence that names origin, the key, the text and what is accepted. */
bool value_parse(struct settings *s, const struct setting *st, struct str text,
	const struct origin *from, struct err *e) ATTR_UNUSED_RESULT;

/* Make st's field zero, empty or no entries, whatever its range. */
void value_clear(struct settings *s, const struct setting *st);

/* Fill e with "[section] key = TEXT SENTENCE", or "VARIABLE=TEXT SENTENCE" when from is
 * the environment, behind from's PATH:LINE. Returns false. */
bool value_refuse(const struct setting *st, struct str text, const struct origin *from,
	struct err *e, const char *sentence) ATTR_COLD;

enum { VALUE_BYTES = SETTINGS_LIST_MAX * SETTINGS_ENTRY_BYTES + 8 };

/* st's field of s as value_parse() reads it. Returns out. */
const char *value_format(const struct settings *s, const struct setting *st,
	char out[static VALUE_BYTES]);

bool value_is_equal(
	const struct settings *a, const struct settings *b, const struct setting *st);

/* Lists (ADDRESSES, HOSTS, PHRASES) are the types whose key may be repeated. */
bool value_is_list(const struct setting *st);

#endif

/*
 * The text of a reply, word by word: piece i of text `hash` is always the same, so a
 * stream keeps nothing but where it is. Plain words, now and then UTF-8 of two to four
 * bytes, JSON escapes and some markdown.
 */
#ifndef SIM_WORDS_H
#define SIM_WORDS_H

#include "buf.h"

/* Append piece i (with the blank or line break before it), escaped for a JSON string. */
void words_piece(struct buf *out, uint64_t hash, uint64_t i);

#endif

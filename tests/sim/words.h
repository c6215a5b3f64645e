/*
 * The text of a reply, word by word: piece i of text `hash` is always the same, so a
 * stream keeps nothing but where it is. It reads like an answer: an opening, paragraphs,
 * now and then a heading, a list, a table or a block of code in markdown, with UTF-8 of
 * two to four bytes and JSON's escapes among them (passages.def).
 *
 * All texts are cut from one long book, put together once from the passages: an opening,
 * then the book from some passage on, round and round.
 */
#ifndef SIM_WORDS_H
#define SIM_WORDS_H

#include "buf.h"

/* Append piece i (with the blank or line break before it), escaped for a JSON string. */
void words_piece(struct buf *out, uint64_t hash, uint64_t i);

/* The smallest number of pieces, at least n, that ends with a passage. */
uint64_t words_whole(uint64_t hash, uint64_t n);

#endif

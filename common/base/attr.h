/*
 * Attributes, must() and small helpers that every file may use.
 *
 * must(cond) is for "the program is wrong": it stays on in production and costs one
 * process, which the master replaces. Bad input is never a must().
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATTR_UNUSED_RESULT __attribute__((warn_unused_result))
#define ATTR_NORETURN      __attribute__((noreturn))
#define ATTR_COLD          __attribute__((cold))
#define ATTR_PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define ATTR_NONNULL       __attribute__((nonnull))

#define CACHE_LINE_BYTES 64
#define CACHE_ALIGNED    _Alignas(CACHE_LINE_BYTES)

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
/* Each argument may be evaluated twice: never a look at a word that others change. */
#define MIN(a, b)     ((a) < (b) ? (a) : (b))
#define MAX(a, b)     ((a) > (b) ? (a) : (b))
#define CONTAINER_OF(ptr, type, member)                                                \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Ends the process with SIGABRT after one line on stderr that names the place. */
void must_failed(const char *cond, const char *file, int line) ATTR_NORETURN ATTR_COLD;

#define must(cond) ((cond) ? (void)0 : must_failed(#cond, __FILE__, __LINE__))

/* A view of bytes somebody else owns; never NUL-terminated by promise. */
struct str {
	const char *p;
	size_t n;
};

#define STR(lit)   ((struct str){(lit), sizeof(lit) - 1})
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

#endif

/* Lines of the exposition format. */
#include "insight/prom.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BORDER_EVERY = 4, PLACES_MAX = 9 };

static void put(struct prom *p, const char *text, size_t n)
{
	if (p->is_full || n > p->cap - p->n) {
		p->is_full = true;
		return;
	}
	memcpy(p->p + p->n, text, n);
	p->n += n;
}

ATTR_PRINTF(2, 3)
static void print(struct prom *p, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	put(p, text, MIN((size_t)n, sizeof text - 1));
}

void prom_family(struct prom *p, const char *name, const char *type, const char *help)
{
	print(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_value(struct prom *p, struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (c == '"' || c == '\\')
			put(p, "\\", 1);
		if (c == '\n')
			put(p, "\\n", 2);
		else
			put(p, c < ' ' || c > '~' ? "?" : &c, 1);
	}
}

static void put_name(struct prom *p, const char *name, const struct prom_label *label,
	size_t n_labels)
{
	print(p, "%s", name);
	for (size_t i = 0; i < n_labels; i++) {
		print(p, "%s%s=\"", i == 0 ? "{" : ",", label[i].name);
		put_value(p, label[i].value);
		put(p, "\"", 1);
	}
	if (n_labels > 0)
		put(p, "}", 1);
}

void prom_u64(struct prom *p, const char *name, const struct prom_label *label,
	size_t n_labels, uint64_t v)
{
	put_name(p, name, label, n_labels);
	print(p, " %" PRIu64 "\n", v);
}

/* "1.250" for (1250, 3), "1250" for (1250, 0). */
static void format_fixed(uint64_t v, unsigned places, char *out, size_t size)
{
	uint64_t scale = 1;
	must(places <= PLACES_MAX);
	for (unsigned i = 0; i < places; i++)
		scale *= 10;
	int n = snprintf(out, size, "%" PRIu64, v / scale);
	if (places > 0)
		snprintf(out + n, size - (size_t)n, ".%0*" PRIu64, (int)places,
			v % scale);
}

void prom_fixed(struct prom *p, const char *name, const struct prom_label *label,
	size_t n_labels, uint64_t v, unsigned places)
{
	char text[40];
	format_fixed(v, places, text, sizeof text);
	put_name(p, name, label, n_labels);
	print(p, " %s\n", text);
}

void prom_histo(
	struct prom *p, const char *name, const struct histo *h, unsigned places)
{
	char border[40];
	uint64_t seen = 0;
	for (size_t i = 0; i < HISTO_BUCKETS; i++) {
		seen += h->bucket[i];
		if (i % BORDER_EVERY != BORDER_EVERY - 1 || i == HISTO_BUCKETS - 1)
			continue;
		format_fixed(histo_upper(i), places, border, sizeof border);
		print(p, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name, border, seen);
	}
	print(p, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, seen);
	format_fixed(h->sum, places, border, sizeof border);
	print(p, "%s_sum %s\n%s_count %" PRIu64 "\n", name, border, name, seen);
}

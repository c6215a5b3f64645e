/* One setting's text to its field and back. */
#include "conf/value.h"

#include "base/clock.h"
#include "base/num.h"
#include "conf/address.h"
#include "conf/relay_path.h"
#include "conf/url.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS   (60 * MINUTE_NS)

/* What every parser below gets; each returns NULL or the end of a sentence. */
struct field {
	const struct setting *st;
	struct str text;
	void *at;
	char *sentence; /* room for a sentence that is made up, SENTENCE_BYTES */
};
enum { SENTENCE_BYTES = 128 };

static struct str str_of(const char *z)
{
	return (struct str){z, strlen(z)};
}

/* ---- numbers: min and max of settings.def are read by the same parser ------ */

static bool parse_minutes(struct str s, uint64_t *out_ns)
{
	uint64_t millionths, ns;
	if (!num_parse_fixed(s, 1000000, &millionths) ||
		__builtin_mul_overflow(millionths, MINUTE_NS / 1000000, &ns))
		return false;
	*out_ns = ns;
	return true;
}

static bool parse_cpus(struct str s, uint64_t *out)
{
	if (s.n != 4 || memcmp(s.p, "auto", 4) != 0)
		return num_parse_u64(s, out);
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	*out = (uint64_t)MIN(MAX(online, 1), 64);
	return true;
}

static const struct number_type {
	bool (*parse)(struct str s, uint64_t *out);
	const char *what;
} number_types[SETTING_TYPES] = {
	[SETTING_COUNT] = {num_parse_u64, "a whole number"},
	[SETTING_CPUS] = {parse_cpus, "auto or a whole number"},
	[SETTING_SIZE] = {num_parse_size, "a size such as 512K, 32M or 1G"},
	[SETTING_DURATION] = {num_parse_duration,
		"a duration such as 250ms, 10s or 5m"},
	[SETTING_MINUTES] = {parse_minutes, "a number of minutes"},
	[SETTING_USD] = {num_parse_usd,
		"an amount of dollars of at most nine places, such as 2.50"},
};

static uint64_t get_bound(const struct number_type *t, const char *bound)
{
	uint64_t v = 0;
	must(t->parse(str_of(bound), &v));
	return v;
}

static bool is_digits(struct str s)
{
	size_t i = 0;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i == s.n && s.n > 0;
}

static const char *parse_number(struct field *f)
{
	const struct number_type *t = &number_types[f->st->type];
	uint64_t v = 0;
	bool is_number = t->parse(f->text, &v);
	if (is_number && v >= get_bound(t, f->st->min) &&
		v <= get_bound(t, f->st->max)) {
		memcpy(f->at, &v, sizeof v);
		return NULL;
	}
	/* digits that are no number are too many of them */
	if (is_number || is_digits(f->text))
		snprintf(f->sentence, SENTENCE_BYTES,
			"is out of range, accepted: %s to %s", f->st->min, f->st->max);
	else
		snprintf(f->sentence, SENTENCE_BYTES, "is not %s, accepted: %s to %s",
			t->what, f->st->min, f->st->max);
	return f->sentence;
}

/* ---- words -------------------------------------------------------------- */

/* The next word of "one|two|three"; false after the last. */
static bool next_word(const char **at, struct str *word)
{
	if (**at == '\0')
		return false;
	*word = (struct str){*at, strcspn(*at, "|")};
	*at += word->n;
	*at += **at == '|';
	return true;
}

static bool str_is(struct str a, struct str b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static const char *parse_choice(struct field *f)
{
	const char *at = f->st->min;
	struct str word;
	for (uint32_t i = 0; next_word(&at, &word); i++) {
		if (str_is(word, f->text)) {
			memcpy(f->at, &i, sizeof i);
			return NULL;
		}
	}
	int n = snprintf(f->sentence, SENTENCE_BYTES, "is unknown, accepted:");
	for (at = f->st->min; next_word(&at, &word);)
		n += snprintf(f->sentence + n, SENTENCE_BYTES - (size_t)n,
			" " STR_FMT "%s", STR_ARG(word), *at ? "," : "");
	return f->sentence;
}

static const char *parse_bool(struct field *f)
{
	bool is_yes = str_is(f->text, STR("yes"));
	if (!is_yes && !str_is(f->text, STR("no")))
		return "is unknown, accepted: yes, no";
	memcpy(f->at, &is_yes, sizeof is_yes);
	return NULL;
}

/* ---- texts -------------------------------------------------------------- */

static const char *parse_path(struct field *f)
{
	size_t min = get_bound(&number_types[SETTING_COUNT], f->st->min);
	size_t max = get_bound(&number_types[SETTING_COUNT], f->st->max);
	if (f->text.n < min)
		return "is too short, accepted: at least one character";
	if (f->text.n > max) {
		snprintf(f->sentence, SENTENCE_BYTES,
			"is too long, accepted: at most %zu bytes", max);
		return f->sentence;
	}
	must(max < f->st->size);
	memset(f->at, 0, f->st->size);
	memcpy(f->at, f->text.p, f->text.n);
	return NULL;
}

static const char *parse_name(struct field *f)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._@+";
	for (size_t i = 0; i < f->text.n; i++)
		if (memchr(plain, f->text.p[i], sizeof plain - 1) == NULL)
			return "is no name, accepted: letters, digits and - . _ @ +";
	return parse_path(f);
}

static const char *parse_models(struct field *f)
{
	for (size_t i = 0; i < f->text.n; i++)
		if (f->text.p[i] <= ' ' || f->text.p[i] == 0x7f)
			return "is no list of models, accepted: names by commas, "
			       "* stands for anything";
	return parse_path(f);
}

static const char *parse_url(struct field *f)
{
	struct url url;
	if (f->text.n == 0)
		return parse_path(f); /* which knows whether it may be */
	const char *wrong = url_parse(f->text, &url);
	if (wrong != NULL)
		return wrong;
	struct field base = *f;
	base.text = url.base;
	return parse_path(&base);
}

static const char *parse_hook(struct field *f)
{
	struct url url;
	const char *wrong = f->text.n > 0 ? url_parse_hook(f->text, &url) : NULL;
	return wrong != NULL ? wrong : parse_path(f);
}

/* ---- lists -------------------------------------------------------------- */

static bool is_address(struct str s)
{
	struct address a;
	return address_parse(s, &a);
}

static bool is_relay_path(struct str s)
{
	struct relay_path p;
	return relay_path_parse(s, &p);
}

static bool is_phrase(struct str s)
{
	return s.n > 0;
}

static const struct {
	bool (*is_entry)(struct str s);
	const char *sentence;
} entry_types[SETTING_TYPES] = {
	[SETTING_ADDRESSES] = {is_address,
		"is no address, accepted: ADDRESS:PORT or [IPV6]:PORT"},
	[SETTING_HOSTS] = {address_is_host,
		"is no host, accepted: a name, an IPv4 address or [IPV6]"},
	[SETTING_RELAYS] = {is_relay_path,
		"is no path to relay, accepted: /v1/PATH or /v1/PATH/*, then :chat or "
		":admin"},
	[SETTING_PHRASES] = {is_phrase, "is empty"},
};

static const char *push_entry(struct field *f, struct str entry)
{
	struct settings_list *list = f->at;
	if (!entry_types[f->st->type].is_entry(entry))
		return entry_types[f->st->type].sentence;
	if (list->n == SETTINGS_LIST_MAX)
		return "is one too many, accepted: at most eight";
	if (entry.n >= SETTINGS_ENTRY_BYTES)
		return "is too long, accepted: at most 127 bytes";
	for (uint32_t i = 0; i < list->n; i++)
		if (str_is(entry, str_of(list->entry[i])))
			return "is listed twice";
	memcpy(list->entry[list->n++], entry.p, entry.n);
	return NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next entry, without the blanks around it; a phrase may hold some. */
static struct str next_entry(enum setting_type type, struct str *rest)
{
	while (rest->n > 0 && (is_blank(*rest->p) || *rest->p == ','))
		rest->p++, rest->n--;
	struct str entry = {rest->p, 0};
	while (entry.n < rest->n && entry.p[entry.n] != ',' &&
		(type == SETTING_PHRASES || !is_blank(entry.p[entry.n])))
		entry.n++;
	rest->p += entry.n, rest->n -= entry.n;
	while (entry.n > 0 && is_blank(entry.p[entry.n - 1]))
		entry.n--;
	return entry;
}

/* Narrows f->text to the entry that is wrong, so that the error shows it alone. */
static const char *parse_list(struct field *f)
{
	struct str rest = f->text;
	const char *wrong = NULL;
	while (rest.n > 0 && wrong == NULL) {
		f->text = next_entry(f->st->type, &rest);
		if (f->text.n > 0)
			wrong = push_entry(f, f->text);
	}
	if (wrong == NULL && f->st->type == SETTING_ADDRESSES &&
		((const struct settings_list *)f->at)->n == 0)
		return "has no address, accepted: ADDRESS:PORT or [IPV6]:PORT";
	return wrong;
}

/* ---- fields to text ------------------------------------------------------- */

/* v = units of 10^-places, as a decimal without needless zeros */
static void format_fixed(uint64_t v, int places, const char *unit, char *out)
{
	uint64_t scale = 1;
	for (int i = 0; i < places; i++)
		scale *= 10;
	int n = snprintf(out, VALUE_BYTES, "%" PRIu64 ".%0*" PRIu64, v / scale, places,
		v % scale);
	while (out[n - 1] == '0')
		n--;
	n -= out[n - 1] == '.';
	snprintf(out + n, VALUE_BYTES - (size_t)n, "%s", unit);
}

static void format_duration(uint64_t ns, char *out)
{
	if (ns % HOUR_NS == 0 && ns > 0)
		snprintf(out, VALUE_BYTES, "%" PRIu64 "h", ns / HOUR_NS);
	else if (ns % MINUTE_NS == 0 && ns > 0)
		snprintf(out, VALUE_BYTES, "%" PRIu64 "m", ns / MINUTE_NS);
	else if (ns % NS_PER_S == 0)
		snprintf(out, VALUE_BYTES, "%" PRIu64 "s", ns / NS_PER_S);
	else
		format_fixed(ns, 6, "ms", out);
}

static void format_size(uint64_t bytes, char *out)
{
	static const char units[] = " KMG";
	unsigned unit = 0;
	while (bytes != 0 && bytes % 1024 == 0 && unit < 3) {
		bytes /= 1024;
		unit++;
	}
	snprintf(out, VALUE_BYTES, "%" PRIu64 "%.*s", bytes, unit > 0, units + unit);
}

static void format_number(const void *at, const struct setting *st, char *out)
{
	uint64_t v;
	memcpy(&v, at, sizeof v);
	if (st->type == SETTING_DURATION)
		format_duration(v, out);
	else if (st->type == SETTING_MINUTES)
		format_fixed(v / (MINUTE_NS / 1000000), 6, "", out);
	else if (st->type == SETTING_USD)
		format_fixed(v, 9, "", out);
	else if (st->type == SETTING_SIZE)
		format_size(v, out);
	else
		snprintf(out, VALUE_BYTES, "%" PRIu64, v);
}

static void format_choice(const void *at, const struct setting *st, char *out)
{
	uint32_t ix;
	memcpy(&ix, at, sizeof ix);
	const char *words = st->min;
	struct str word = STR("");
	for (uint32_t i = 0; i <= ix; i++)
		must(next_word(&words, &word));
	snprintf(out, VALUE_BYTES, STR_FMT, STR_ARG(word));
}

static void format_bool(const void *at, const struct setting *st, char *out)
{
	(void)st;
	snprintf(out, VALUE_BYTES, "%s", *(const bool *)at ? "yes" : "no");
}

static void format_text(const void *at, const struct setting *st, char *out)
{
	snprintf(out, VALUE_BYTES, "%.*s", (int)st->size, (const char *)at);
}

static void format_list(const void *at, const struct setting *st, char *out)
{
	const struct settings_list *list = at;
	const char *between = st->type == SETTING_PHRASES ? "," : " ";
	size_t n = 0;
	out[0] = '\0';
	for (uint32_t i = 0; i < list->n; i++)
		n += (size_t)snprintf(out + n, VALUE_BYTES - n, "%s%s",
			i ? between : "", list->entry[i]);
}

/* ---- the types ------------------------------------------------------------ */

static const struct {
	const char *(*parse)(struct field *f);
	void (*format)(const void *at, const struct setting *st, char *out);
} types[SETTING_TYPES] = {
	[SETTING_COUNT] = {parse_number, format_number},
	[SETTING_DURATION] = {parse_number, format_number},
	[SETTING_MINUTES] = {parse_number, format_number},
	[SETTING_SIZE] = {parse_number, format_number},
	[SETTING_CPUS] = {parse_number, format_number},
	[SETTING_USD] = {parse_number, format_number},
	[SETTING_CHOICE] = {parse_choice, format_choice},
	[SETTING_BOOL] = {parse_bool, format_bool},
	[SETTING_NAME] = {parse_name, format_text},
	[SETTING_PATH] = {parse_path, format_text},
	[SETTING_URL] = {parse_url, format_text},
	[SETTING_HOOK] = {parse_hook, format_text},
	[SETTING_MODELS] = {parse_models, format_text},
	[SETTING_ADDRESSES] = {parse_list, format_list},
	[SETTING_HOSTS] = {parse_list, format_list},
	[SETTING_RELAYS] = {parse_list, format_list},
	[SETTING_PHRASES] = {parse_list, format_list},
};

bool value_refuse(const struct setting *st, struct str text, const struct origin *from,
	struct err *e, const char *sentence)
{
	char shown[ORIGIN_SHOWN_BYTES], url[URL_SHOWN_BYTES];
	if (st->type == SETTING_URL || st->type == SETTING_HOOK)
		text = str_of(url_show(text, url));
	origin_show(text, shown);
	if (from->path == NULL)
		return origin_error(from, e, "%s=%s %s", from->env, shown, sentence);
	return origin_error(from, e, "[%s] %s =%s%s %s", st->section, st->key,
		text.n ? " " : "", shown, sentence);
}

bool value_parse(struct settings *s, const struct setting *st, struct str text,
	const struct origin *from, struct err *e)
{
	char made_up[SENTENCE_BYTES];
	struct field f = {st, text, (char *)s + st->offset, made_up};
	const char *wrong = types[st->type].parse(&f);
	return wrong == NULL || value_refuse(st, f.text, from, e, wrong);
}

void value_clear(struct settings *s, const struct setting *st)
{
	memset((char *)s + st->offset, 0, st->size);
}

const char *value_format(const struct settings *s, const struct setting *st,
	char out[static VALUE_BYTES])
{
	types[st->type].format((const char *)s + st->offset, st, out);
	return out;
}

bool value_is_equal(
	const struct settings *a, const struct settings *b, const struct setting *st)
{
	return memcmp((const char *)a + st->offset, (const char *)b + st->offset,
		       st->size) == 0;
}

bool value_is_list(const struct setting *st)
{
	return entry_types[st->type].is_entry != NULL;
}

/* The table of refusals and their JSON. */
#include "text/apierr.h"

#include "text/jsonw.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define APIERR(name, status, type, code, retry, wants_wait, text)                      \
	[APIERR_##name] = {status, type, code, APIERR_RETRY_##retry, wants_wait, text},
static const struct apierr_row rows[APIERR_N] = {
#include "text/apierr.def"
};
#undef APIERR

const struct apierr_row *apierr_row(enum apierr_reason reason)
{
	must(reason < APIERR_N);
	return &rows[reason];
}

bool apierr_set(struct apierr *e, enum apierr_reason reason, const char *param,
	const char *fmt, ...)
{
	e->reason = reason;
	snprintf(e->param, sizeof e->param, "%s", param != NULL ? param : "");
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e->message, sizeof e->message, fmt, ap);
	va_end(ap);
	return false;
}

bool apierr_default(struct apierr *e, enum apierr_reason reason)
{
	return apierr_set(e, reason, NULL, "%s", apierr_row(reason)->text);
}

static void put_member(struct jsonw *w, struct str key, struct str value)
{
	jsonw_key(w, key);
	if (value.p == NULL)
		jsonw_null(w);
	else
		jsonw_string(w, value);
}

size_t apierr_write_words(const struct apierr_words *words, char *dst, size_t cap)
{
	struct jsonw w;
	jsonw_init_fixed(&w, dst, cap);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("error"));
	jsonw_begin_object(&w);
	put_member(&w, STR("message"), words->message);
	put_member(&w, STR("type"), words->type);
	put_member(&w, STR("param"), words->param);
	put_member(&w, STR("code"), words->code);
	jsonw_end_object(&w);
	jsonw_end_object(&w);
	struct str out;
	return jsonw_done(&w, &out) ? out.n : 0;
}

static struct str str_of(const char *s)
{
	return (struct str){s, strlen(s)};
}

const char *apierr_wait_sentence(uint64_t wait_ms, char out[static APIERR_WAIT_BYTES])
{
	static const char before[] = " Please try again in ";
	uint64_t ms = wait_ms % 1000;
	int n = snprintf(out, APIERR_WAIT_BYTES, "%s%" PRIu64, before, wait_ms / 1000);
	if (ms > 0) {
		n += snprintf(
			out + n, APIERR_WAIT_BYTES - (size_t)n, ".%03u", (unsigned)ms);
		while (out[n - 1] == '0')
			n--;
	}
	snprintf(out + n, APIERR_WAIT_BYTES - (size_t)n, "s.");
	return out;
}

struct apierr_words apierr_words(const struct apierr *e)
{
	const struct apierr_row *row = apierr_row(e->reason);
	struct apierr_words words = {
		.message = str_of(e->message),
		.type = str_of(row->type),
		.code = str_of(row->code),
	};
	if (e->param[0] != '\0')
		words.param = str_of(e->param);
	return words;
}

size_t apierr_write(const struct apierr *e, char *dst, size_t cap)
{
	struct apierr_words words = apierr_words(e);
	return apierr_write_words(&words, dst, cap);
}

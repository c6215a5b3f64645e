/*
 * Configuration files: whatever the bytes, they are refused with FILE:LINE and a
 * sentence and nothing has changed, or accepted, and then what they say can be written
 * down and read back to the same settings.
 */
#include "conf/settings.h"
#include "conf/url.h"
#include "conf/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *const no_env[] = {NULL};

static bool parse(struct settings *s, struct str text, struct err *e)
{
	struct settings_report report;
	struct settings_input in = {"fuzz.conf", text, no_env};
	return settings_parse(s, &in, &report, e);
}

static void check_refusal(const struct settings *s, const struct err *e)
{
	static const char file[] = "fuzz.conf:";
	const char *p = e->text + sizeof file - 1;
	size_t digits = strspn(p, "0123456789");
	must(strncmp(e->text, file, sizeof file - 1) == 0);
	must(digits > 0 && p[0] != '0' && strncmp(p + digits, ": ", 2) == 0);
	for (p = e->text; *p; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
	for (size_t i = 0; i < sizeof *s; i++)
		must(((const unsigned char *)s)[i] == 0xa5);
}

/* What every other process relies on. */
static void check_promises(const struct settings *s)
{
	struct url url;
	must(url_parse((struct str){s->base_url, strlen(s->base_url)}, &url) == NULL);
	must(url.is_tls || url.is_loopback || s->allow_plain_http);
	must(s->base_url[strlen(s->base_url) - 1] != '/');
	must(s->listen.n >= 1 && s->listen.n <= SETTINGS_LIST_MAX);
	must(s->host_names.n <= SETTINGS_LIST_MAX);
	must(s->workers >= 1 && s->workers <= 64);
	must(s->retry_base_delay_ns <= s->retry_max_delay_ns);
	must(s->max_body_bytes <= s->body_memory_bytes);
}

static void check_round_trip(const struct settings *s)
{
	static char text[SETTING_N * (VALUE_BYTES + 128)];
	char value[VALUE_BYTES];
	struct settings again;
	size_t n = 0;
	for (unsigned id = 0; id < SETTING_N; id++) {
		const struct setting *st = settings_get(id);
		n += (size_t)snprintf(text + n, sizeof text - n, "[%s]\n%s = %s\n",
			st->section, st->key, value_format(s, st, value));
	}
	must(parse(&again, (struct str){text, n}, NULL));
	unsigned at = 0;
	must(settings_diff(s, &again, &at) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings s;
	struct err e = {0};
	memset(&s, 0xa5, sizeof s);
	if (!parse(&s, (struct str){(const char *)data, size}, &e)) {
		check_refusal(&s, &e);
		return 0;
	}
	must(e.text[0] == '\0');
	check_promises(&s);
	check_round_trip(&s);
	return 0;
}

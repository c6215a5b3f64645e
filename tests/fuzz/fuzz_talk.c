/*
 * What is said in a chat: whatever the bytes, they are refused with a sentence, or the
 * messages that come of them are a list of JSON objects, and so is every text that goes
 * on into the request upstream.
 */
#include "text/scan.h"
#include "text/talk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_json(struct str text)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, text, SCAN_MAX_DEPTH);
	while (scan_next(&s, &t) > SCAN_ERROR)
		;
	return t.type == SCAN_END;
}

/* n bytes between a and b are JSON. */
static void check_between(const char *a, struct str text, const char *b)
{
	size_t n_a = strlen(a), n_b = strlen(b);
	char *whole = malloc(n_a + text.n + n_b);
	must(whole != NULL);
	memcpy(whole, a, n_a);
	memcpy(whole + n_a, text.p, text.n);
	memcpy(whole + n_a + text.n, b, n_b);
	must(is_json((struct str){whole, n_a + text.n + n_b}));
	free(whole);
}

static void check_messages(const struct talk *t)
{
	size_t n = talk_size(t);
	char *messages = malloc(n);
	must(messages != NULL && n > 0);
	talk_write(t, messages);
	check_between("[", (struct str){messages, n}, "]");
	free(messages);
}

static void check_title(const char *title)
{
	size_t n = strnlen(title, TALK_TITLE_BYTES);
	must(n < TALK_TITLE_BYTES);
	for (size_t i = 0; i < n; i++)
		must((unsigned char)title[i] >= ' ');
}

static void check_tools(const struct talk *t)
{
	char name[TALK_WORD_BYTES];
	for (size_t at = 0; talk_next_tool(t, &at, name);)
		must(at <= t->tools.n && strlen(name) < sizeof name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct talk t;
	struct apierr e;
	if (!talk_parse((struct str){(const char *)data, size}, &t, &e)) {
		must(e.message[0] != '\0' && apierr_row(e.reason)->status == 400);
		return 0;
	}
	check_messages(&t);
	check_title(t.title);
	check_tools(&t);
	if (t.system.p != NULL)
		check_between("\"", t.system, "\"");
	if (t.model_raw.p != NULL)
		check_between("\"", t.model_raw, "\"");
	if (t.temperature.p != NULL)
		check_between("", t.temperature, "");
	must(t.session[0] == '\0' ||
		talk_is_session((struct str){t.session, strlen(t.session)}));
	return 0;
}

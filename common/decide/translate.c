/* The table of what clients are told, and the sentence. */
#include "decide/translate.h"

#include "base/clock.h"
#include "base/num.h"
#include "text/delay.h"

#include <stdio.h>
#include <string.h>

enum { ANY = 0 };

enum told {
	TOLD_AS_IT_IS, /* the upstream's status and words: they are about the request */
	TOLD_MESSAGE,  /* its type and message, under our status and code */
	TOLD_BEHIND,   /* our sentence, its message behind */
	TOLD_NOTHING   /* our sentence alone: its words are about our key */
};

/* First match wins; the last row of a class has ANY. */
static const struct row {
	enum attempt_class class;
	unsigned status;
	enum apierr_reason reason;
	enum told told;
	const char *advice; /* what to do: ours alone says it itself */
} rows[] = {
	{CLASS_RATE_LIMIT, ANY, APIERR_UPSTREAM_RATE_LIMIT, TOLD_MESSAGE, ""},
	{CLASS_SLOW_DOWN, ANY, APIERR_UPSTREAM_SLOW_DOWN, TOLD_MESSAGE, ""},
	{CLASS_QUOTA, ANY, APIERR_UPSTREAM_QUOTA, TOLD_MESSAGE,
		" Waiting does not help; the operator must see to the account."},
	{CLASS_TOO_LARGE, ANY, APIERR_REQUEST_TOO_LARGE, TOLD_MESSAGE,
		" Waiting does not help; make the request smaller."},
	{CLASS_AUTH, ANY, APIERR_UPSTREAM_AUTHENTICATION, TOLD_NOTHING, ""},
	{CLASS_CLIENT, ANY, APIERR_UPSTREAM_REFUSED, TOLD_AS_IT_IS, ""},
	{CLASS_OVERLOADED, ANY, APIERR_UPSTREAM_OVERLOADED, TOLD_BEHIND, ""},
	{CLASS_SERVER, 408, APIERR_UPSTREAM_TIMEOUT, TOLD_BEHIND, ""},
	{CLASS_SERVER, 409, APIERR_UPSTREAM_REFUSED, TOLD_AS_IT_IS, ""},
	{CLASS_SERVER, 504, APIERR_UPSTREAM_TIMEOUT, TOLD_BEHIND, ""},
	{CLASS_SERVER, ANY, APIERR_UPSTREAM_FAILED, TOLD_BEHIND, ""},
};

static const struct row *find_row(enum attempt_class class, unsigned status)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (rows[i].class == class &&
			(rows[i].status == ANY || rows[i].status == status))
			return &rows[i];
	return &rows[N_ELEMENTS(rows) - 1];
}

static const char hint[] = "Please try again in ";

/* The message without "Please try again in 20s. Visit …" at its end: after our retries
 * another wait holds. *wait_ns is what it said. */
static struct str cut_hint(struct str message, uint64_t *wait_ns)
{
	const char *at = message.n > 0
				 ? memmem(message.p, message.n, hint, sizeof hint - 1)
				 : NULL;
	if (at == NULL)
		return message;
	struct str wait = {at + sizeof hint - 1, 0};
	const char *end = message.p + message.n;
	while (wait.p + wait.n < end && wait.p[wait.n] != ' ')
		wait.n++;
	while (wait.n > 0 && wait.p[wait.n - 1] == '.')
		wait.n--;
	if (!delay_parse_go(wait, wait_ns))
		*wait_ns = 0;
	message.n = (size_t)(at - message.p);
	while (message.n > 0 && message.p[message.n - 1] == ' ')
		message.n--;
	return message;
}

static uint64_t wait_of(uint64_t ns)
{
	uint64_t ms = ns / NS_PER_MS + (ns % NS_PER_MS != 0);
	return ms == 0 ? TRANSLATE_WAIT_DEFAULT_MS : MIN(ms, TRANSLATE_WAIT_MAX_MS);
}

static uint64_t longer_wait(uint64_t said_ns, uint64_t held_ns)
{
	uint64_t said_ms = wait_of(said_ns), held_ms = held_ns ? wait_of(held_ns) : 0;
	return held_ms > said_ms + said_ms / 4 ? held_ms : said_ms;
}

static void add(struct translation *t, const char *text, struct str more)
{
	size_t n = strlen(t->message);
	snprintf(t->message + n, sizeof t->message - n, "%s" STR_FMT, text,
		STR_ARG(more));
}

/* A sentence of ours, behind words that need not have ended as one. */
static void add_sentence(struct translation *t, const char *text)
{
	size_t n = strlen(t->message);
	bool is_open = n > 0 && strchr(".!?", t->message[n - 1]) == NULL;
	if (text[0] != '\0')
		add(t, is_open ? "." : "", (struct str){text, strlen(text)});
}

/* What happened, what was done, what to do. */
static void say(const struct translate_input *in, const struct row *row,
	struct str said, struct translation *t)
{
	static const struct str none = STR("");
	char attempts[64], wait[APIERR_WAIT_BYTES];
	bool is_theirs = row->told == TOLD_AS_IT_IS || row->told == TOLD_MESSAGE;
	bool has_said = said.n > 0 && row->told != TOLD_NOTHING;
	if (!is_theirs || !has_said)
		add(t, apierr_row(row->reason)->text, none);
	if (has_said)
		add(t, is_theirs ? "" : " The upstream said: ", said);
	snprintf(attempts, sizeof attempts, " Atlas tried it %u times.", in->attempts);
	if (in->attempts > 1)
		add_sentence(t, attempts);
	if (has_said)
		add_sentence(t, row->advice);
	if (t->wait_ms > 0)
		add_sentence(t, apierr_wait_sentence(t->wait_ms, wait));
}

enum apierr_reason translate_reason(enum attempt_class class, unsigned status)
{
	return find_row(class, status)->reason;
}

void translate(const struct translate_input *in, struct translation *out)
{
	const struct row *row = find_row(in->class, in->status);
	const struct apierr_row *ours = apierr_row(row->reason);
	uint64_t wait_ns = 0;
	struct str said = cut_hint(in->words.message, &wait_ns);
	struct apierr e = {.reason = row->reason};
	*out = (struct translation){.status = ours->status, .words = apierr_words(&e)};
	if (in->retry_after_ns > 0)
		wait_ns = in->retry_after_ns;
	if (ours->wants_wait)
		out->wait_ms = longer_wait(wait_ns, in->held_ns);
	if (row->told == TOLD_AS_IT_IS) {
		out->status = in->status;
		out->words.param = in->words.param;
		out->words.code = in->words.code;
	}
	if (in->words.type.p != NULL &&
		(row->told == TOLD_AS_IT_IS || in->class == CLASS_RATE_LIMIT))
		out->words.type = in->words.type;
	say(in, row, said, out);
	out->words.message = (struct str){out->message, strlen(out->message)};
}

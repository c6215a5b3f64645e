/* News to a URL. */
#include "dispatch/webhook.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/num.h"
#include "conf/slurp.h"
#include "insight/alerts_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	SECRET_BYTES = 4096,
	LINE_BYTES = 256,
	TIMEOUT_MS = 10000,
	CONNECT_TIMEOUT_MS = 5000,
	LONGEST_WAIT_S = 60
};

static struct alerts_words *words_of(const struct webhook *h)
{
	return &h->process->segment->shared->alerts;
}

/* ---- how it ended ----------------------------------------------------------------------- */

static void forget_try(struct webhook *h)
{
	curl_easy_cleanup(h->easy);
	curl_slist_free_all(h->headers);
	h->easy = NULL;
	h->headers = NULL;
}

static void done_with(struct webhook *h, uint64_t sequence)
{
	alerts_set_told(words_of(h), sequence);
	h->n_failures = 0;
	h->due_ns = 0;
}

static void on_failure(struct webhook *h, const char *why)
{
	uint64_t wait_s = MIN(UINT64_C(1) << h->n_failures, (uint64_t)LONGEST_WAIT_S);
	bool gives_up = ++h->n_failures >= WEBHOOK_TRIES;
	log_event(LOG_WARN, EVENT_ALERT_FAILED, "webhook=%" PRIu64 " error=\"%s\" %s",
		h->sequence, why, gives_up ? "given_up=yes" : "given_up=no");
	if (gives_up)
		done_with(h, h->sequence);
	else
		h->due_ns = h->process->now_ns + wait_s * NS_PER_S;
}

static void on_end(struct webhook *h, CURLcode result)
{
	long status = 0;
	char why[64];
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	curlmux_remove(&h->mux, h->easy);
	forget_try(h);
	process_read_clocks(h->process);
	if (result == CURLE_OK && status >= 200 && status < 300) {
		done_with(h, h->sequence);
		return;
	}
	if (result == CURLE_OK)
		snprintf(why, sizeof why, "status %ld", status);
	else
		snprintf(why, sizeof why, "%.60s", curl_easy_strerror(result));
	on_failure(h, why);
}

static void on_done(CURL *easy, CURLcode result)
{
	char *private = NULL;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	on_end((struct webhook *)(void *)private, result);
}

/* What the receiver says means nothing. */
static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	(void)p, (void)arg;
	return size * n;
}

/* ---- a try ---------------------------------------------------------------------------------- */

ATTR_PRINTF(2, 3)
static void add_header(struct webhook *h, const char *fmt, ...)
{
	char line[LINE_BYTES];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	h->headers = curl_slist_append(h->headers, line);
	must(h->headers != NULL);
}

static void sign(struct webhook *h, struct str secret)
{
	char text[WEBHOOK_BODY_BYTES + 32], hex[2 * HASH_SHA256_BYTES + 1];
	uint8_t mac[HASH_SHA256_BYTES];
	uint64_t now_s = h->process->now_ms / 1000;
	int n = snprintf(
		text, sizeof text, "%" PRIu64 ".%.*s", now_s, (int)h->n_body, h->body);
	must(n > 0 && (size_t)n < sizeof text);
	hash_hmac_sha256(secret, (struct str){text, (size_t)n}, mac);
	hash_hex(mac, sizeof mac, hex);
	add_header(h, "X-Atlas-Signature: t=%" PRIu64 ",v1=%s", now_s, hex);
}

/* Read at each try, so that a new secret needs no reload and none stays in memory. */
static bool add_signature(struct webhook *h, struct err *e)
{
	const char *path = h->process->settings.alerts_webhook_secret_file;
	struct str secret;
	if (path[0] == '\0')
		return true;
	if (!slurp_file(path, SECRET_BYTES, &secret, e))
		return false;
	struct str used = secret;
	while (used.n > 0 && (used.p[used.n - 1] == '\n' || used.p[used.n - 1] == '\r'))
		used.n--;
	if (used.n > 0)
		sign(h, used);
	explicit_bzero((char *)secret.p, secret.n);
	slurp_free(&secret);
	return used.n > 0 || err_set(e, "%s is empty", path);
}

static void write_body(struct webhook *h, const struct alert_news *n)
{
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, h->body, sizeof h->body);
	jsonw_begin_object(&w);
	alerts_view_tell_news(&w, n);
	jsonw_end_object(&w);
	must(jsonw_done(&w, &out));
	h->n_body = out.n;
}

static void set_options(struct webhook *h)
{
	CURL *e = h->easy;
	const char *url = h->process->settings.alerts_webhook;
	bool is_http = strncasecmp(url, "http://", 7) == 0; /* settings allow it */
	curl_easy_setopt(e, CURLOPT_PRIVATE, h);
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, is_http ? "http" : "https");
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)h->n_body);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, h->body);
}

static void start(struct webhook *h, const struct alert_news *n)
{
	struct err e = {0};
	uint64_t instance = h->process->segment->shared->header.instance;
	h->sequence = n->sequence;
	write_body(h, n);
	add_header(h, "Content-Type: application/json");
	add_header(h, "X-Atlas-Event: %016" PRIx64 "-%" PRIu64, instance, n->sequence);
	if (!add_signature(h, &e)) {
		forget_try(h);
		on_failure(h, e.text);
		return;
	}
	h->easy = curlmux_handle(&h->mux);
	set_options(h);
	curlmux_add(&h->mux, h->easy);
}

/* ---- what is next ------------------------------------------------------------------------------ */

static void look_for_news(struct webhook *h)
{
	struct alerts_page page;
	const struct segment *s = h->process->segment;
	uint64_t epoch = page_epoch(s->alerts), told = alerts_told(words_of(h));
	if (epoch == h->epoch)
		return;
	alerts_view_take(&page, s);
	if (h->process->settings.alerts_webhook[0] == '\0' || told > page.sequence)
		alerts_set_told(words_of(h), told = page.sequence);
	if (told == page.sequence) {
		h->epoch = epoch;
		return;
	}
	const struct alert_news *n = alerts_view_news(&page, told + 1);
	if (n != NULL) {
		start(h, n);
		return;
	}
	log_event(LOG_WARN, EVENT_ALERT_FAILED,
		"webhook=%" PRIu64
		" error=\"it came to nothing before newer news took its "
		"place\"",
		told + 1);
	done_with(
		h, page.sequence > ALERT_NEWS ? page.sequence - ALERT_NEWS : told + 1);
}

void webhook_turn(struct webhook *h)
{
	if (h->easy == NULL && h->process->now_ns >= h->due_ns)
		look_for_news(h);
}

void webhook_open(struct webhook *h, struct process *p)
{
	*h = (struct webhook){.process = p};
	curlmux_init(&h->mux, p->base, on_done);
}

void webhook_close(struct webhook *h)
{
	if (h->easy != NULL) {
		curlmux_remove(&h->mux, h->easy);
		forget_try(h);
	}
	curlmux_fini(&h->mux);
}

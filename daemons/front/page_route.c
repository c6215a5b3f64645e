/*
 * GET /app/ and what belongs to it: the web page, from memory. Its address never changes,
 * so a browser asks again each time and gets 304 for what it has. "/" leads to it.
 *
 * What the page may do stands in its headers: scripts and styles from here only, nothing
 * inline, no HTML made from strings but by DOMPurify, no form, no frame around it, and no
 * call elsewhere.
 */
#include "front/answer.h"
#include "front/front.h"
#include "front/page_files.h"
#include "front/router.h"
#include "http/negotiate.h"

#include <string.h>

#define POLICY                                                                         \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "    \
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; "                   \
	"form-action 'none'; frame-ancestors 'none'; "                                 \
	"require-trusted-types-for 'script'; trusted-types dompurify default"

static const struct {
	struct str name, value;
} guards[] = {
	{STR("Content-Security-Policy"), STR(POLICY)},
	{STR("X-Content-Type-Options"), STR("nosniff")},
	{STR("X-Frame-Options"), STR("DENY")},
	{STR("Referrer-Policy"), STR("no-referrer")},
	{STR("Cross-Origin-Opener-Policy"), STR("same-origin")},
	{STR("Cross-Origin-Resource-Policy"), STR("same-origin")},
	{STR("Permissions-Policy"),
		STR("camera=(), geolocation=(), microphone=(), payment=(), usb=()")},
};

static void add_guards(struct http_reply *r)
{
	for (size_t i = 0; i < N_ELEMENTS(guards); i++)
		http_reply_add(r, guards[i].name, guards[i].value);
}

static struct str header_of(const struct conn *c, struct str name)
{
	const struct request *q = c->request;
	const struct http_header *h = http_head_find(&q->head, q->head_text, name);
	return h ? http_str(q->head_text, h->value) : (struct str){"", 0};
}

void page_redirect_handle(struct conn *c)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	conn_reply_begin(c, &r, buf, 308);
	http_reply_add(&r, STR("Location"), STR("/app/"));
	http_reply_add(&r, STR("Cache-Control"), STR("no-cache"));
	add_guards(&r);
	conn_reply_whole(c, &r, (struct str){"", 0});
}

static void answer_file(
	struct conn *c, const struct page_file *file, const struct page_form *form)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	struct str etag = {form->etag, strlen(form->etag)};
	bool known = http_etag_matches(header_of(c, STR("If-None-Match")), etag);
	conn_reply_begin(c, &r, buf, known ? 304 : 200);
	http_reply_add(&r, STR("ETag"), etag);
	http_reply_add(&r, STR("Cache-Control"), STR("no-cache"));
	http_reply_add(&r, STR("Vary"), STR("Accept-Encoding"));
	add_guards(&r);
	if (known) {
		conn_reply_bare(c, &r);
		return;
	}
	http_reply_add(&r, STR("Content-Type"), file->type);
	if (form == &file->gzip)
		http_reply_add(&r, STR("Content-Encoding"), STR("gzip"));
	conn_reply_whole(c, &r, form->bytes);
}

void page_handle(struct conn *c)
{
	struct apierr e;
	struct str name = router_tail(c);
	const struct page_files *page = c->front->page;
	if (name.n == 0)
		name = STR("index.html");
	const struct page_file *file = page_files_find(page, name);
	if (file != NULL) {
		bool zipped = file->gzip.bytes.p != NULL &&
			      http_accepts_coding(header_of(c, STR("Accept-Encoding")),
				      STR("gzip"));
		answer_file(c, file, zipped ? &file->gzip : &file->plain);
		return;
	}
	(void)apierr_default(&e, APIERR_NOT_FOUND);
	if (page == NULL)
		(void)apierr_set(&e, APIERR_NOT_FOUND, NULL,
			"The web page is not installed here; see [server] web_dir.");
	answer_apierr(c, &e);
}

/* The last events of a stream that broke. */
#include "text/stream_end.h"

#include "text/jsonw.h"
#include "text/sse.h"

static void put_string(struct jsonw *w, struct str key, struct str value)
{
	jsonw_key(w, key);
	if (value.p == NULL)
		jsonw_null(w);
	else
		jsonw_string(w, value);
}

static void put_response(struct jsonw *w, const struct stream_failure *f)
{
	put_string(w, STR("id"), f->id);
	put_string(w, STR("object"), STR("response"));
	jsonw_key(w, STR("created_at"));
	jsonw_u64(w, f->created_s);
	put_string(w, STR("status"), STR("failed"));
	jsonw_key(w, STR("error"));
	jsonw_begin_object(w);
	put_string(w, STR("code"), f->words.code);
	put_string(w, STR("message"), f->words.message);
	jsonw_end_object(w);
	put_string(w, STR("incomplete_details"), (struct str){0});
	put_string(w, STR("model"), f->model);
	jsonw_key(w, STR("output"));
	jsonw_begin_array(w);
	jsonw_end_array(w);
	put_string(w, STR("usage"), (struct str){0});
}

struct str stream_failure_data(const struct stream_failure *f, char *dst, size_t cap)
{
	struct jsonw w;
	struct str out = {dst, 0};
	jsonw_init_fixed(&w, dst, cap);
	jsonw_begin_object(&w);
	put_string(&w, STR("type"), STREAM_FAILED_NAME);
	jsonw_key(&w, STR("sequence_number"));
	jsonw_u64(&w, f->sequence);
	jsonw_key(&w, STR("response"));
	jsonw_begin_object(&w);
	put_response(&w, f);
	jsonw_end_object(&w);
	jsonw_end_object(&w);
	must(jsonw_done(&w, &out));
	return out;
}

size_t stream_failure_write(const struct stream_failure *f, char *dst, size_t cap)
{
	static const struct str done = STR("data: [DONE]\n\n");
	char json[STREAM_FAILURE_BYTES];
	struct str none = {"", 0}, name = none, data = {json, 0};
	must(cap >= STREAM_FAILURE_BYTES);
	if (f->end == STREAM_END_EVENT) {
		name = STREAM_FAILED_NAME;
		data = stream_failure_data(f, json, sizeof json);
	} else {
		data.n = apierr_write_words(&f->words, json, sizeof json);
	}
	size_t n = sse_size(name, data, none);
	must(data.n > 0 && n + done.n <= cap);
	sse_write(name, data, none, dst);
	if (f->end != STREAM_END_DONE)
		return n;
	__builtin_memcpy(dst + n, done.p, done.n);
	return n + done.n;
}

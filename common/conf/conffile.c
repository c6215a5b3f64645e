/* Lines of an INI file into sections and settings; nothing is copied. */
#include "conf/conffile.h"

#include "conf/origin.h"
#include "http/chars.h"
#include "text/chars.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
			return false;
	}
	return s.n > 0;
}

static bool bad(const struct conffile *f, struct err *e, const char *sentence)
{
	return origin_error(
		&(struct origin){f->path, f->line, NULL}, e, "%s", sentence);
}

static bool check_bytes(const struct conffile *f, struct str s, struct err *e)
{
	if (s.n > CONFFILE_MAX_LINE_BYTES)
		return bad(f, e, "the line is longer than 4096 bytes");
	for (size_t i = 0, n; i < s.n; i += n) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return origin_error(&(struct origin){f->path, f->line, NULL}, e,
				"the line holds a control character (0x%02x)", c);
		n = c < 0x80 ? 1 : chars_sequence(s.p + i, s.n - i);
		if (n == 0)
			return bad(f, e, "the line is not valid UTF-8");
	}
	return true;
}

static struct str take_line(struct conffile *f)
{
	const char *end = memchr(f->rest.p, '\n', f->rest.n);
	struct str s = {f->rest.p, end ? (size_t)(end - f->rest.p) : f->rest.n};
	size_t used = s.n + (end != NULL);
	f->rest = (struct str){f->rest.p + used, f->rest.n - used};
	if (end != NULL && s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	f->line++;
	return s;
}

static struct str strip_comment(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] == '#' || s.p[i] == ';') &&
			(i == 0 || is_blank(s.p[i - 1])))
			s.n = i;
	return http_trim(s);
}

static bool parse_section(struct conffile *f, struct str s, struct err *e)
{
	if (s.p[s.n - 1] != ']')
		return bad(f, e, "a \"[\" without its \"]\" at the line's end");
	s = http_trim((struct str){s.p + 1, s.n - 2});
	size_t n = 0;
	while (n < s.n && !is_blank(s.p[n]))
		n++;
	f->section = (struct str){s.p, n};
	f->argument = http_trim((struct str){s.p + n, s.n - n});
	if (!is_name(f->section))
		return bad(f, e, "expected [section] in lower-case letters");
	return true;
}

static bool parse_setting(struct conffile *f, struct str s, struct err *e)
{
	const char *equals = memchr(s.p, '=', s.n);
	if (equals == NULL)
		return bad(f, e, "expected \"key = value\" or \"[section]\"");
	size_t n = (size_t)(equals - s.p);
	f->key = http_trim((struct str){s.p, n});
	f->value = http_trim((struct str){equals + 1, s.n - n - 1});
	if (!is_name(f->key))
		return bad(f, e, "expected a key in lower-case letters before \"=\"");
	if (f->value.n > 0 && (f->value.p[0] == '#' || f->value.p[0] == ';'))
		return bad(f, e, "a value cannot begin with # or ;");
	if (f->section.n == 0)
		return bad(f, e, "a setting stands before the first [section]");
	return true;
}

void conffile_init(struct conffile *f, const char *path, struct str text)
{
	static const char mark[] = "\xef\xbb\xbf";
	if (text.n >= 3 && memcmp(text.p, mark, 3) == 0)
		text = (struct str){text.p + 3, text.n - 3};
	*f = (struct conffile){.path = path, .rest = text};
}

enum conffile_step conffile_next(struct conffile *f, struct err *e)
{
	while (f->rest.n > 0) {
		struct str s = take_line(f);
		if (!check_bytes(f, s, e))
			return CONFFILE_BAD;
		s = strip_comment(s);
		if (s.n == 0)
			continue;
		if (s.p[0] == '[')
			return parse_section(f, s, e) ? CONFFILE_SECTION : CONFFILE_BAD;
		return parse_setting(f, s, e) ? CONFFILE_SETTING : CONFFILE_BAD;
	}
	return CONFFILE_END;
}

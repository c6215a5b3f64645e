/* Entries of relay_paths: checked once, compared with paths. */
#include "conf/relay_path.h"

#include <string.h>

static const struct str prefix = STR("/v1/");

static bool ends_with(struct str s, struct str end)
{
	return s.n >= end.n && memcmp(s.p + s.n - end.n, end.p, end.n) == 0;
}

static bool take_end(struct str *s, struct str end)
{
	if (!ends_with(*s, end))
		return false;
	s->n -= end.n;
	return true;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* One part between slashes: not empty, no dots alone. */
static bool is_part(struct str s)
{
	size_t n_dots = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_plain(s.p[i]))
			return false;
		n_dots += s.p[i] == '.';
	}
	return s.n > 0 && (n_dots < s.n || s.n > 2);
}

static bool are_parts(struct str s)
{
	for (;;) {
		const char *slash = s.n > 0 ? memchr(s.p, '/', s.n) : NULL;
		size_t n = slash ? (size_t)(slash - s.p) : s.n;
		if (!is_part((struct str){s.p, n}))
			return false;
		if (slash == NULL)
			return true;
		s.p += n + 1;
		s.n -= n + 1;
	}
}

bool relay_path_parse(struct str entry, struct relay_path *out)
{
	*out = (struct relay_path){.path = entry};
	if (take_end(&out->path, STR(":chat")))
		out->role = RELAY_CHAT;
	else
		(void)take_end(&out->path, STR(":admin"));
	out->has_star = ends_with(out->path, STR("/*"));
	out->path.n -= out->has_star; /* the slash stays */
	struct str rest = out->path;
	if (rest.n < prefix.n || memcmp(rest.p, prefix.p, prefix.n) != 0)
		return false;
	rest.p += prefix.n;
	rest.n -= prefix.n;
	if (out->has_star && rest.n > 0)
		rest.n--;
	return (out->has_star && rest.n == 0) || are_parts(rest);
}

static bool matches(const struct relay_path *p, struct str path)
{
	if (path.n < p->path.n || memcmp(path.p, p->path.p, p->path.n) != 0)
		return false;
	return p->has_star ? path.n > p->path.n : path.n == p->path.n;
}

bool relay_path_find(
	const struct settings_list *list, struct str path, enum relay_role *role)
{
	for (uint32_t i = 0; i < list->n; i++) {
		struct relay_path p;
		const char *entry = list->entry[i];
		if (!relay_path_parse((struct str){entry, strlen(entry)}, &p) ||
			!matches(&p, path))
			continue;
		*role = p.role;
		return true;
	}
	return false;
}

/* The web page's files in memory. */
#include "front/page_files.h"

#include "base/hash.h"
#include "conf/slurp.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct page_files {
	size_t n, n_bytes;
	struct page_file file[PAGE_FILES];
};

static const struct {
	const char *extension;
	struct str type; /* Content-Type */
} types[] = {
	{".html", STR("text/html; charset=utf-8")},
	{".css", STR("text/css; charset=utf-8")},
	{".js", STR("text/javascript; charset=utf-8")},
	{".svg", STR("image/svg+xml")},
	{".webmanifest", STR("application/manifest+json")},
};

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), n_end = strlen(end);
	return n > n_end && strcmp(name + n - n_end, end) == 0;
}

static struct str type_of(const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(types); i++)
		if (ends_with(name, types[i].extension))
			return types[i].type;
	return (struct str){NULL, 0};
}

/* ---- reading ------------------------------------------------------------------------- */

static bool read_form(
	struct page_files *p, const char *path, struct page_form *form, struct err *e)
{
	if (!slurp_file(path, PAGE_FILE_BYTES, &form->bytes, e))
		return false;
	p->n_bytes += form->bytes.n;
	if (p->n_bytes > PAGE_BYTES)
		return err_set(e, "%s: the page is larger than %d bytes", path,
			(int)PAGE_BYTES);
	snprintf(form->etag, sizeof form->etag, "\"%016llx\"",
		(unsigned long long)hash_fast64(form->bytes.p, form->bytes.n, 0));
	return true;
}

static bool is_regular(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool take_file(
	struct page_files *p, const char *path, const char *name, struct err *e)
{
	char twin[PATH_MAX];
	struct str type = type_of(name);
	size_t n_name = strlen(name);
	if (type.p == NULL || n_name >= PAGE_NAME_BYTES)
		return true;
	if (p->n == PAGE_FILES)
		return err_set(e, "%s: the page has more than %d files", path,
			(int)PAGE_FILES);
	struct page_file *file = &p->file[p->n++];
	memcpy(file->name, name, n_name + 1);
	file->type = type;
	int n = snprintf(twin, sizeof twin, "%s.gz", path);
	return read_form(p, path, &file->plain, e) &&
	       (n >= (int)sizeof twin || !is_regular(twin) ||
		       read_form(p, twin, &file->gzip, e));
}

/* `name` is path as seen from the page's folder, "" for that itself. */
static bool take_folder(struct page_files *p, const char *path, const char *name,
	unsigned depth, struct err *e);

static bool take_entry(struct page_files *p, const char *path, const char *name,
	unsigned depth, struct err *e)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return true;
	if (S_ISREG(st.st_mode))
		return take_file(p, path, name, e);
	if (S_ISDIR(st.st_mode) && depth < PAGE_DEPTH)
		return take_folder(p, path, name, depth + 1, e);
	return true;
}

static bool take_folder(struct page_files *p, const char *path, const char *name,
	unsigned depth, struct err *e)
{
	char below[PATH_MAX], below_name[PATH_MAX];
	bool done = true;
	DIR *d = opendir(path);
	if (d == NULL)
		return err_sys(e, "%s cannot be opened", path);
	for (struct dirent *x; done && (x = readdir(d)) != NULL;) {
		if (x->d_name[0] == '.')
			continue;
		int n = snprintf(below, sizeof below, "%s/%s", path, x->d_name);
		int m = snprintf(below_name, sizeof below_name, "%s%s%s", name,
			name[0] != '\0' ? "/" : "", x->d_name);
		if (n < (int)sizeof below && m < (int)sizeof below_name)
			done = take_entry(p, below, below_name, depth, e);
	}
	closedir(d);
	return done;
}

/* ---- where it is ------------------------------------------------------------------------ */

static bool find_folder(char out[static PATH_MAX], struct err *e)
{
	static const char *const places[] = {"web", "../share/atlas/web"};
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
	program[MAX(n, 0)] = '\0';
	char *slash = strrchr(program, '/');
	if (slash != NULL)
		*slash = '\0';
	for (size_t i = 0; i < N_ELEMENTS(places); i++) {
		int m = snprintf(out, PATH_MAX, "%s/%s", program, places[i]);
		if (m < PATH_MAX && access(out, R_OK | X_OK) == 0)
			return true;
	}
	return err_set(e, "neither web nor ../share/atlas/web is beside the program");
}

struct page_files *page_files_load(const char *dir, struct err *e)
{
	char found[PATH_MAX];
	if (dir[0] == '\0' && !find_folder(found, e))
		return NULL;
	struct page_files *p = calloc(1, sizeof *p);
	must(p != NULL);
	const char *path = dir[0] != '\0' ? dir : found;
	if (!take_folder(p, path, "", 1, e)) {
		page_files_free(p);
		return NULL;
	}
	return p;
}

void page_files_free(struct page_files *p)
{
	for (size_t i = 0; p != NULL && i < p->n; i++) {
		slurp_free(&p->file[i].plain.bytes);
		slurp_free(&p->file[i].gzip.bytes);
	}
	free(p);
}

const struct page_file *page_files_find(const struct page_files *p, struct str name)
{
	for (size_t i = 0; p != NULL && i < p->n; i++) {
		const struct page_file *file = &p->file[i];
		if (strlen(file->name) == name.n &&
			memcmp(file->name, name.p, name.n) == 0)
			return file;
	}
	return NULL;
}

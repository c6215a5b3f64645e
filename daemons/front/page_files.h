/*
 * The web page's files, read once when a front starts and served from memory: no path of
 * a request ever reaches the file system. A name is known or it is not.
 *
 *	f->page = page_files_load(settings.web_dir, &e);
 *	const struct page_file *file = page_files_find(f->page, name);   "js/main.js"
 *
 * Taken are regular files with a known extension, down to PAGE_DEPTH folders; links, dot
 * files and the rest are passed over. NAME.gz beside NAME is its compressed twin and is
 * only ever sent in its place. Full: more than PAGE_FILES files, or a file or their sum
 * above its bound, and there is no page at all.
 */
#ifndef FRONT_PAGE_FILES_H
#define FRONT_PAGE_FILES_H

#include "base/attr.h"
#include "base/err.h"

enum {
	PAGE_FILES = 128,
	PAGE_DEPTH = 3,
	PAGE_FILE_BYTES = 1 << 20,
	PAGE_BYTES = 8 << 20,
	PAGE_NAME_BYTES = 96,
	PAGE_ETAG_BYTES = 24,
};

struct page_form {
	struct str bytes; /* p = NULL: there is none */
	char etag[PAGE_ETAG_BYTES];
};

struct page_file {
	char name[PAGE_NAME_BYTES];
	struct str type; /* Content-Type */
	struct page_form plain, gzip;
};

struct page_files;

/* The files below dir; an empty dir stands for "web" beside the program, then for
 * ../share/atlas/web seen from there. NULL with a sentence. */
struct page_files *page_files_load(const char *dir, struct err *e) ATTR_UNUSED_RESULT;
void page_files_free(struct page_files *p);

/* The file of that name, or NULL; so it is when p is NULL. */
const struct page_file *page_files_find(const struct page_files *p, struct str name);

#endif

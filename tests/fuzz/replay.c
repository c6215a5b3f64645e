/*
 * Runs one fuzz target over the files of a folder, without a fuzzer: the committed corpus
 * as a regression test, with any compiler and sanitizer.
 *
 *   build/fuzz/sse tests/fuzz/corpus/sse       every file of the folder
 *   build/fuzz/sse crash-1234                  one file
 *
 * They run in a process of their own; one that crashes or hangs ends it, is named, and
 * the others go on in the next. The last line is "N passed, N failed".
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REPLAY_SECONDS = 20 };

static int n_passed, n_failed;

/* Shared with the child: which input it is at. */
static int *at;

/* The buffer has exactly the input's size, so that a sanitizer sees the first byte read
 * beyond it. */
static void run_input(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (!f || fstat(fileno(f), &st) != 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size_t size = (size_t)st.st_size;
	uint8_t *data = malloc(size);
	if ((!data && size) || fread(data, 1, size, f) != size) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	fclose(f);
	alarm(REPLAY_SECONDS);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

/* In a child, as far as it comes: *at is where it has ended. */
static int run_from(char *const *paths, int n)
{
	int status = -1;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		for (; *at < n; ++*at)
			run_input(paths[*at]);
		exit(EXIT_SUCCESS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	return status;
}

static void replay(char *const *paths, int n)
{
	*at = 0;
	while (*at < n) {
		int from = *at, status = run_from(paths, n);
		n_passed += *at - from;
		if (status == 0 && *at == n)
			return;
		if (*at == n)
			--*at, n_passed--; /* it ended badly behind the last one */
		if (WIFSIGNALED(status))
			printf("%s: ended by signal %d\n", paths[*at],
				WTERMSIG(status));
		else
			printf("%s: failed\n", paths[*at]);
		n_failed++;
		++*at;
	}
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay_folder(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_visible, alphasort);
	char **paths = calloc(n > 0 ? (size_t)n : 1, sizeof *paths);
	if (!paths)
		abort();
	for (int i = 0; i < n; i++) {
		if (asprintf(&paths[i], "%s/%s", folder, entries[i]->d_name) < 0)
			abort();
		free(entries[i]);
	}
	replay(paths, n);
	for (int i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
	if (n >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	at = mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		-1, 0);
	if (at == MAP_FAILED)
		abort();
	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_folder(argv[i]);
		else
			replay(&argv[i], 1);
	}
	if (n_passed + n_failed == 0) {
		printf("no input found\n");
		n_failed++;
	}
	printf("%d passed, %d failed\n", n_passed, n_failed);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

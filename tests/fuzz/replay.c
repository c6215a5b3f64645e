/*
 * Runs one fuzz target over the files of a folder, without a fuzzer: the committed corpus
 * as a regression test, with any compiler and sanitizer.
 *
 *   build/fuzz/sse tests/fuzz/corpus/sse       every file of the folder
 *   build/fuzz/sse crash-1234                  one file
 *
 * Each input has a process of its own, so one that crashes or hangs is named and the
 * others still run. The last line is "N passed, N failed".
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REPLAY_SECONDS = 20 };

static int n_passed, n_failed;

/* In the child. The buffer has exactly the input's size, so that a sanitizer sees the
 * first byte read beyond it. */
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
	exit(EXIT_SUCCESS);
}

static void replay_file(const char *path)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		run_input(path);
	int status = -1;
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0) {
		n_passed++;
		return;
	}
	n_failed++;
	if (pid > 0 && WIFSIGNALED(status))
		printf("%s: ended by signal %d\n", path, WTERMSIG(status));
	else
		printf("%s: failed\n", path);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay_folder(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_visible, alphasort);
	for (int i = 0; i < n; i++) {
		char *path;
		if (asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0)
			abort();
		replay_file(path);
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	if (n_passed + n_failed == 0) {
		printf("no input found\n");
		n_failed++;
	}
	printf("%d passed, %d failed\n", n_passed, n_failed);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

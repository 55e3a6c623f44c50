/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "status.h"

/* 0, or why `path` cannot be executed. */
static int why_not(const char *path)
{
	struct stat file;

	if (stat(path, &file) != 0)
		return errno;
	if (!S_ISREG(file.st_mode))
		return EACCES;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
		return errno;
	return 0;
}

static bool is_absence(int err)
{
	return err == ENOENT || err == ENOTDIR;
}

static _Noreturn void refuse(const char *program, int err)
{
	fail(is_absence(err) ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE, "resolve", err, "%s", program);
}

/* An empty element of PATH means the current directory. */
static char *candidate(const char *directory, size_t length, const char *program)
{
	char *path;
	int made = length == 0 ? asprintf(&path, "./%s", program) :
				 asprintf(&path, "%.*s/%s", (int)length, directory, program);

	if (made < 0)
		fail(EXIT_OWN_FAILURE, "resolve", ENOMEM, "%s", program);
	return path;
}

char *resolve_program(const char *program)
{
	const char *path = getenv("PATH");
	int reason = ENOENT;

	if (*program == '\0')
		refuse(program, ENOENT);
	if (strchr(program, '/') != NULL) {
		reason = why_not(program);
		if (reason != 0)
			refuse(program, reason);
		char *same = strdup(program);

		if (same == NULL)
			refuse(program, ENOMEM);
		return same;
	}
	if (path == NULL)
		path = "/bin:/usr/bin";
	for (const char *end;; path = end + 1) {
		end = strchrnul(path, ':');
		char *found = candidate(path, (size_t)(end - path), program);
		int problem = why_not(found);

		if (problem == 0)
			return found;
		free(found);
		if (!is_absence(problem))
			reason = problem;
		if (*end == '\0')
			refuse(program, reason);
	}
}

char *canonical_path(const char *path)
{
	char *canonical = realpath(path, NULL);

	if (canonical == NULL)
		refuse(path, errno);
	return canonical;
}

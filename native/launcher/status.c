/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static int status_fd = -1;

void status_to(int fd)
{
	status_fd = fd;
}

int status_error_fd(void)
{
	return status_fd >= 0 ? status_fd : STDERR_FILENO;
}

/* A parent that cannot be told is as good as none: nothing is started unsupervised. */
static void write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			_exit(EXIT_OWN_FAILURE);
		bytes += written;
		size -= (size_t)written;
	}
}

void status_line(const char *format, ...)
{
	char line[256];
	va_list args;

	if (status_fd < 0)
		return;
	va_start(args, format);
	int length = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof(line) - 1)
		_exit(EXIT_OWN_FAILURE);
	line[length++] = '\n';
	write_all(status_fd, line, (size_t)length);
}

void status_line_with(const char *fields, const char *text)
{
	if (status_fd < 0)
		return;
	size_t prefix = strlen(fields);
	size_t size = prefix + 3 * strlen(text) + 3;
	char *line = malloc(size);

	if (line == NULL)
		_exit(EXIT_OWN_FAILURE);
	memcpy(line, fields, prefix);
	line[prefix++] = '\t';
	if (!percent_encode(text, line + prefix, size - prefix - 1))
		_exit(EXIT_OWN_FAILURE);
	size_t length = strlen(line);
	line[length++] = '\n';
	write_all(status_fd, line, length);
	free(line);
}

static const char *name_of(int err)
{
	const char *name = strerrorname_np(err);

	return name != NULL ? name : "UNKNOWN";
}

static const char *words_of(int err)
{
	const char *words = strerrordesc_np(err);

	return words != NULL ? words : "unknown error";
}

size_t status_format_error(char *out, size_t size, const char *step, int err, const char *text)
{
	char whole[3 * PATH_MAX];
	char encoded[3 * PATH_MAX];
	int length;

	snprintf(whole, sizeof(whole), "%s%s%s", text, *text != '\0' ? ": " : "", words_of(err));
	if (status_fd < 0) {
		length = snprintf(out, size, "pinfold-launch: %s: %s\n", step, whole);
	} else {
		percent_encode(whole, encoded, sizeof(encoded));
		length = snprintf(out, size, "error\t%s\t%d\t%s\t%s\n", step, err, name_of(err),
				  encoded);
	}
	if (length < 0)
		return 0;
	if ((size_t)length < size)
		return (size_t)length;
	out[size - 2] = '\n';
	return size - 1;
}

_Noreturn void fail(int exit_status, const char *step, int err, const char *format, ...)
{
	char text[2 * PATH_MAX];
	char line[3 * PATH_MAX + 256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	write_all(status_error_fd(), line,
		  status_format_error(line, sizeof(line), step, err, text));
	_exit(exit_status);
}

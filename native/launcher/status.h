/* SPDX-License-Identifier: Apache-2.0 */
/* What the launcher tells its parent, one line each, fields separated by tabs, strings
 * percent-encoded:
 *
 *   landlock  ABI FS NET SCOPED   the bits that are enforced, after best effort
 *   skipped   ERRNO NAME PATH     an allowed path that does not lead to an object now
 *   joined                        in the cgroup; waiting for the go byte, if one was asked for
 *   exec      PATH                canonical path of the program; execve is next
 *   error     STEP ERRNO NAME TEXT
 *
 * Success is `exec`, then the end of the file without `error`: the descriptor closes at the exec.
 * Without a status descriptor errors go to stderr for people, and the rest is not said. */
#ifndef PINFOLD_STATUS_H
#define PINFOLD_STATUS_H

#include <stddef.h>

enum exit_status {
	EXIT_OWN_FAILURE = 125,
	EXIT_CANNOT_EXECUTE = 126,
	EXIT_NOT_FOUND = 127,
};

/* Status lines go to `fd` from now on. */
void status_to(int fd);
/* The descriptor that errors are written to: the status descriptor, or 2. */
int status_error_fd(void);

/* Writes one line; `format` does not hold the newline. */
void status_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same with one percent-encoded string as last field. */
void status_line_with(const char *fields, const char *text);

/* The error line for `err` at `step`, as it goes to status_error_fd(). Makes no system call.
 * Returns its length. `format`ted text comes before the system's own words. */
size_t status_format_error(char *out, size_t size, const char *step, int err, const char *text);

_Noreturn void fail(int exit_status, const char *step, int err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "last_call.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "status.h"

/* Odd offsets, which no allocator hands out. The error line has room for the longest of the
 * system's messages. */
enum { ERROR_OFFSET = 0x101, PATH_OFFSET = 0x301, PAGE = 4096 };

#define FALLBACK_BASE ((char *)0x5046000000)

static char *map_place(size_t path_size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *base;

	if (PATH_OFFSET + path_size <= PAGE) {
		base = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0);
		if (base == NULL)
			return base;
	}
	base = mmap(FALLBACK_BASE, PATH_OFFSET + path_size, PROT_READ | PROT_WRITE,
		    flags | MAP_FIXED_NOREPLACE, -1, 0);
	if (base != FALLBACK_BASE)
		fail(EXIT_OWN_FAILURE, "exec", base == MAP_FAILED ? errno : EEXIST,
		     "no place for the arguments");
	return base;
}

struct last_call last_call_prepare(const char *path, char **argv)
{
	size_t path_size = strlen(path) + 1;
	uintptr_t base = (uintptr_t)map_place(path_size);
	struct last_call call = {
		.path = (char *)(base + PATH_OFFSET),
		.error = (char *)(base + ERROR_OFFSET),
		.error_size = PATH_OFFSET - ERROR_OFFSET,
		.argv = argv,
	};

	memcpy(call.path, path, path_size);
	return call;
}

size_t last_call_exemptions(const struct last_call *call, const struct seccomp_plan *plan,
			    struct exemption out[MAX_EXEMPTIONS])
{
	const struct exemption own[MAX_EXEMPTIONS] = {
		{SYS_execve, 3, {(uintptr_t)call->path, (uintptr_t)call->argv, (uintptr_t)environ}},
		{SYS_write, 2, {(uint64_t)status_error_fd(), (uintptr_t)call->error}},
		{SYS_exit_group, 1, {EXIT_CANNOT_EXECUTE}},
	};
	size_t count = 0;

	for (size_t i = 0; i < MAX_EXEMPTIONS; i++)
		if (!filter_always_allows(plan, own[i].nr))
			out[count++] = own[i];
	return count;
}

_Noreturn void last_call_exec(const struct last_call *call)
{
	execve(call->path, call->argv, environ);

	size_t length = status_format_error(call->error, call->error_size, "exec", errno, "");
	ssize_t written = syscall(SYS_write, status_error_fd(), call->error, length);

	/* A line that did not go out leaves the exit status to tell. */
	(void)written;
	syscall(SYS_exit_group, EXIT_CANNOT_EXECUTE);
	/* A filter that was inherited forbids even that. */
	for (;;)
		__builtin_trap();
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "task.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "status.h"
#include "text.h"

void hold_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			fail(EXIT_OWN_FAILURE, "descriptors", errno, "/dev/null");
	} while (fd <= STDERR_FILENO);
	close(fd);
}

int cgroup_open(int directory_fd, const char *path)
{
	struct statfs fs;

	if (path != NULL) {
		directory_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (directory_fd < 0)
			fail(EXIT_OWN_FAILURE, "cgroup", errno, "%s", path);
	}
	if (fstatfs(directory_fd, &fs) != 0)
		fail(EXIT_OWN_FAILURE, "cgroup", errno, "descriptor %d", directory_fd);
	/* A v1 hierarchy has the same file, and joining there would give no identity. */
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		fail(EXIT_OWN_FAILURE, "cgroup", EINVAL, "not a cgroup v2 directory");
	int procs = openat(directory_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (procs < 0)
		fail(EXIT_OWN_FAILURE, "cgroup", errno, "cgroup.procs");
	if (path != NULL)
		close(directory_fd);
	return procs;
}

void cgroup_join(int procs_fd)
{
	if (write(procs_fd, "0", 1) != 1)
		fail(EXIT_OWN_FAILURE, "join", errno, "cgroup.procs");
	close(procs_fd);
}

void wait_for_go(int fd)
{
	char byte;
	ssize_t got;

	do {
		got = read(fd, &byte, 1);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		fail(EXIT_OWN_FAILURE, "go", errno, "reading");
	if (got == 0)
		fail(EXIT_OWN_FAILURE, "go", ECANCELED, "the parent gave up");
	close(fd);
}

/* For kernels before 5.11, which lack CLOSE_RANGE_CLOEXEC. */
static void close_listed_descriptors_on_exec(void)
{
	DIR *list = opendir("/proc/self/fd");

	if (list == NULL)
		fail(EXIT_OWN_FAILURE, "descriptors", errno, "/proc/self/fd");
	for (;;) {
		errno = 0;
		struct dirent *entry = readdir(list);
		uint32_t fd;

		if (entry == NULL && errno != 0)
			fail(EXIT_OWN_FAILURE, "descriptors", errno, "/proc/self/fd");
		if (entry == NULL)
			break;
		if (parse_u32(entry->d_name, 10, &fd) && fd > STDERR_FILENO &&
		    fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
			fail(EXIT_OWN_FAILURE, "descriptors", errno, "descriptor %u", fd);
	}
	closedir(list);
}

void close_descriptors_on_exec(void)
{
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	if (errno != ENOSYS && errno != EINVAL)
		fail(EXIT_OWN_FAILURE, "descriptors", errno, "close_range");
	close_listed_descriptors_on_exec();
}

void reset_signals(void)
{
	/* The kernel's own structure, all zeros: SIG_DFL, no flags, nothing masked. The library
	 * refuses the two signals that it keeps for itself. */
	const struct {
		uint64_t handler, flags, restorer, mask;
	} by_default = {0};
	const uint64_t none = 0;

	for (int signal = 1; signal <= 64; signal++) {
		if (signal == SIGKILL || signal == SIGSTOP)
			continue;
		if (syscall(SYS_rt_sigaction, signal, &by_default, NULL, sizeof(none)) != 0)
			fail(EXIT_OWN_FAILURE, "signals", errno, "signal %d", signal);
	}
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none)) != 0)
		fail(EXIT_OWN_FAILURE, "signals", errno, "mask");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Does one thing that a rule may refuse; the exit status is 0 or the errno. `act enter CGROUP PROGRAM ARG...`
 * runs a program as the first of its cgroup, as a container runtime would. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(200);
}

static int outcome(int result)
{
	return result < 0 ? errno : 0;
}

static int copy(const char *from, int to)
{
	char block[65536];
	ssize_t size;
	int source = open(from, O_RDONLY | O_CLOEXEC);

	must(source >= 0, from);
	while ((size = read(source, block, sizeof(block))) > 0)
		must(write(to, block, size) == size, "copy");
	close(source);
	return to;
}

static int execute_descriptor(int descriptor)
{
	char *arguments[] = {"act", "nothing", 0};

	return outcome(syscall(SYS_execveat, descriptor, "", arguments, environ, AT_EMPTY_PATH));
}

/* Of a program that is copied to where it has no name, or never had one. */
static int nameless(const char *what, const char *program, const char *directory)
{
	char path[4096];
	int writable, readable;

	if (!strcmp(what, "memfd"))
		return execute_descriptor(copy(program, memfd_create("act", 0)));
	snprintf(path, sizeof(path), "%s/gone", directory);
	writable = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
	must(writable >= 0, path);
	close(copy(program, writable));
	readable = open(path, O_RDONLY);
	must(readable >= 0, path);
	must(!unlink(path), path);
	return execute_descriptor(readable);
}

static int flags_of(const char *how)
{
	static const struct {
		const char *name;
		int flags;
	} known[] = {
		{"read", O_RDONLY},
		{"write", O_WRONLY},
		{"both", O_RDWR},
		{"truncate", O_RDONLY | O_TRUNC},
		{"create", O_WRONLY | O_CREAT},
		{"path", O_PATH},
		{"list", O_RDONLY | O_DIRECTORY},
	};

	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].name, how))
			return known[i].flags;
	exit(201);
}

/* Opens both files again and again; prints how often the first was refused and the second was not. */
static int alternate(const char *allowed, const char *refused, int rounds)
{
	long wrong_denials = 0, wrong_grants = 0;

	for (int i = 0; i < rounds || rounds == 0; i++) {
		int one = open(allowed, O_RDONLY | O_CLOEXEC);
		int other = open(refused, O_RDONLY | O_CLOEXEC);

		wrong_denials += one < 0;
		wrong_grants += other >= 0;
		if (one >= 0)
			close(one);
		if (other >= 0)
			close(other);
		if (rounds == 0 && access("/run/stop", F_OK) == 0) {
			printf("%d ", i + 1);
			break;
		}
	}
	printf("%ld %ld\n", wrong_denials, wrong_grants);
	return 0;
}

/* Opens every path of a list; prints the errnos, one a line. */
static int open_all(const char *list)
{
	char path[4200];
	FILE *lines = fopen(list, "re");

	must(!!lines, list);
	while (fgets(path, sizeof(path), lines)) {
		int file;

		path[strcspn(path, "\n")] = 0;
		file = open(path, O_RDONLY | O_CLOEXEC);
		printf("%d\n", outcome(file));
		if (file >= 0)
			close(file);
	}
	return 0;
}

/* Opens PREFIX0, PREFIX1, …; prints how many were refused. */
static int flood(const char *prefix, int count)
{
	char path[4096];
	int refused = 0;

	for (int i = 0; i < count; i++) {
		int file;

		snprintf(path, sizeof(path), "%s%d", prefix, i);
		file = open(path, O_RDONLY | O_CLOEXEC);
		refused += file < 0 && errno == EACCES;
		if (file >= 0)
			close(file);
	}
	printf("%d\n", refused);
	return 0;
}

static int enter(char **arguments)
{
	char path[4096];
	int procs;

	snprintf(path, sizeof(path), "%s/cgroup.procs", arguments[0]);
	procs = open(path, O_WRONLY | O_CLOEXEC);
	must(procs >= 0, path);
	must(write(procs, "0", 1) == 1, path);
	return outcome(execv(arguments[1], arguments + 1));
}

/* In a mount namespace of its own, with one directory mounted over another. */
static int mounted_over(const char *source, const char *target, const char *file)
{
	must(!unshare(CLONE_NEWNS), "unshare");
	must(!mount("none", "/", 0, MS_REC | MS_PRIVATE, 0), "private");
	must(!mount(source, target, 0, MS_BIND, 0), target);
	return outcome(open(file, O_RDONLY | O_CLOEXEC));
}

/* Through a copy of a tree that is mounted nowhere (open_tree, OPEN_TREE_CLONE). */
static int detached(const char *directory, const char *file)
{
	int tree = syscall(428, AT_FDCWD, directory, 1);

	must(tree >= 0, directory);
	return outcome(openat(tree, file, O_RDONLY | O_CLOEXEC));
}

static int in_jail(const char *directory, char **arguments)
{
	must(!chroot(directory) && !chdir("/"), directory);
	return outcome(execv(arguments[0], arguments));
}

/* As a runtime's init does: leaves the host's mounts and root, then executes. */
static int contain(const char *root, char **arguments)
{
	must(!unshare(CLONE_NEWNS), "unshare");
	must(!mount("none", "/", 0, MS_REC | MS_PRIVATE, 0), "private");
	must(!mount(root, root, 0, MS_BIND | MS_REC, 0), root);
	must(!chdir(root) && !syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(!umount2(".", MNT_DETACH) && !chdir("/"), "old root");
	return outcome(execv(arguments[0], arguments));
}

/* Waits for a byte before the rest, so that the test knows that it runs. */
static int when_told(char **arguments)
{
	char byte;

	must(write(1, "r", 1) == 1 && read(0, &byte, 1) == 1, "told");
	return outcome(execv(arguments[0], arguments));
}

/* Opened by a child that never executes anything. */
static int by_child(const char *how, const char *path)
{
	int status;
	pid_t child = fork();

	must(child >= 0, "fork");
	if (child == 0)
		_exit(outcome(open(path, flags_of(how) | O_CLOEXEC, 0644)));
	must(waitpid(child, &status, 0) == child && WIFEXITED(status), "child");
	return WEXITSTATUS(status);
}

int main(int count, char **arguments)
{
	const char *what = count > 1 ? arguments[1] : "nothing";
	char **rest = arguments + 2;

	if (!strcmp(what, "nothing"))
		return 0;
	if (!strcmp(what, "open"))
		return outcome(open(rest[1], flags_of(rest[0]) | O_CLOEXEC, 0644));
	if (!strcmp(what, "by-child"))
		return by_child(rest[0], rest[1]);
	if (!strcmp(what, "execute"))
		return outcome(execv(rest[0], rest));
	if (!strcmp(what, "memfd") || !strcmp(what, "deleted"))
		return nameless(what, rest[0], rest[1]);
	if (!strcmp(what, "alternate"))
		return alternate(rest[0], rest[1], atoi(rest[2]));
	if (!strcmp(what, "open-all"))
		return open_all(rest[0]);
	if (!strcmp(what, "contain"))
		return contain(rest[0], rest + 1);
	if (!strcmp(what, "flood"))
		return flood(rest[0], atoi(rest[1]));
	if (!strcmp(what, "enter"))
		return enter(rest);
	if (!strcmp(what, "mounted-over"))
		return mounted_over(rest[0], rest[1], rest[2]);
	if (!strcmp(what, "detached"))
		return detached(rest[0], rest[1]);
	if (!strcmp(what, "jail"))
		return in_jail(rest[0], rest + 1);
	if (!strcmp(what, "when-told"))
		return when_told(rest);
	return 202;
}

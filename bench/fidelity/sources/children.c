/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to start a program: children WAY COMMAND. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *command[2];

static _Noreturn void become(void)
{
	execve(command[0], command, environ);
	_exit(127);
}

static pid_t start_clone3(void)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD};
	pid_t pid = syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (pid == 0)
		become();
	return pid;
}

static pid_t start_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		become();
	return pid;
}

static pid_t start_spawn(void)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	errno = posix_spawn(&pid, command[0], &actions, NULL, command, environ);
	return errno ? -1 : pid;
}

/* Opens the program and executes what the descriptor leads to. */
static pid_t start_fexecve(void)
{
	int fd = open(command[0], O_RDONLY | O_CLOEXEC);
	pid_t pid = fork();

	if (pid == 0) {
		fexecve(fd, command, environ);
		_exit(127);
	}
	return pid;
}

static void *exec_here(void *unused)
{
	(void)unused;
	become();
}

/* A thread that is not the first executes: it takes over the process. */
static pid_t start_thread(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, exec_here, NULL);
		for (;;)
			pause();
	}
	return pid;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		pid_t (*start)(void);
	} ways[] = {{"clone3", start_clone3}, {"vfork", start_vfork}, {"spawn", start_spawn},
		    {"fexecve", start_fexecve}, {"thread", start_thread}};

	if (argc != 3)
		errx(2, "children WAY COMMAND");
	command[0] = argv[2];
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (strcmp(argv[1], ways[i].name))
			continue;
		for (int n = 0; n < 3; n++) {
			int status;
			pid_t pid = ways[i].start();

			if (pid < 0)
				err(1, "%s", argv[1]);
			if (waitpid(pid, &status, 0) != pid || status)
				errx(1, "status %d", status);
		}
		puts(argv[1]);
		return 0;
	}
	errx(2, "no way is called %s", argv[1]);
}

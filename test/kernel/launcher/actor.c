/* SPDX-License-Identifier: Apache-2.0 */
/* Does what its arguments name, one after the other, and prints `OPERATION errno` (0: done). Static
 * and small, so that it needs few rights and few system calls of its own. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *what, int err)
{
	char line[256];
	int length = snprintf(line, sizeof(line), "%s %d\n", what, err);

	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		_exit(99);
}

static void report(const char *what, long result)
{
	say(what, result < 0 ? errno : 0);
}

/* call:NR:ARG:… with numbers as strtoull takes them */
static long raw_call(char *text)
{
	unsigned long args[7] = {0};
	char *field;

	for (int i = 0; i < 7 && (field = strsep(&text, ":")) != NULL; i++)
		args[i] = strtoull(field, NULL, 0);
	return syscall((long)args[0], args[1], args[2], args[3], args[4], args[5], args[6]);
}

static long connect_to(const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof(to));
}

static void list_descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			say("fd", fd);
}

static void list_signals(void)
{
	sigset_t blocked;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int signal = 1; signal < 65; signal++) {
		struct sigaction now;

		if (sigaction(signal, NULL, &now) == 0 && now.sa_handler != SIG_DFL)
			say("handled", signal);
		if (sigismember(&blocked, signal) == 1)
			say("blocked", signal);
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *what = strdup(argv[i]);
		char *argument = strchr(what, ':');

		if (argument != NULL)
			*argument++ = '\0';
		if (strcmp(what, "read") == 0)
			report(argv[i], open(argument, O_RDONLY));
		else if (strcmp(what, "create") == 0)
			report(argv[i], open(argument, O_WRONLY | O_CREAT, 0600));
		else if (strcmp(what, "exec") == 0)
			report(argv[i], execl(argument, argument, (char *)NULL));
		else if (strcmp(what, "connect") == 0)
			report(argv[i], connect_to(argument));
		else if (strcmp(what, "call") == 0)
			report(argv[i], raw_call(argument));
		else if (strcmp(what, "page-zero") == 0)
			report(argv[i], (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE,
						   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		else if (strcmp(what, "descriptors") == 0)
			list_descriptors();
		else if (strcmp(what, "signals") == 0)
			list_signals();
		else
			return 98;
	}
	return 0;
}

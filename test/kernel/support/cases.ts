/**
 * Small C programs next to what is expected of them: each case is the body of a function, all cases of
 * a file are one static program (`PROGRAM DIRECTORY CASE`), which does nothing else of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROLOGUE = String.raw`
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* headers older than the kernel */
#endif

static const char *directory;
static char **extra;

/* The status tells the line that failed, modulo 200, so that it is no status of the shell's. */
#define MUST(expression) do { if (!(expression)) _exit(1 + __LINE__ % 200); } while (0)
#define FAILS(error, expression) \
	do { errno = 0; if ((expression) != -1 || errno != (error)) _exit(1 + __LINE__ % 200); } while (0)

static void *make(void *name)
{
	if (open(name, O_WRONLY | O_CREAT, 0600) < 0)
		_exit(98);
	return 0;
}

static inline int opened(int descriptor)
{
	MUST(descriptor >= 0);
	return descriptor;
}

static inline void ended(pid_t child, int status)
{
	int found;

	MUST(child > 0);
	MUST(waitpid(child, &found, 0) == child);
	MUST(found == status);
}

static inline struct sockaddr_in v4(const char *address, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};

	MUST(inet_pton(AF_INET, address, &to.sin_addr) == 1);
	return to;
}

static inline struct sockaddr_in6 v6(const char *address, int port)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	MUST(inet_pton(AF_INET6, address, &to.sin6_addr) == 1);
	return to;
}

static inline struct sockaddr_un un(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	strcpy(to.sun_path, path);
	return to;
}
#define AT(address) ((struct sockaddr *)&(address)), sizeof(address)
`;

const mainOf = (names: readonly string[]): string => `
int main(int argc, char **argv)
{
	MUST(argc > 2);
	directory = argv[1];
	extra = argv + 3;
	MUST(!chdir(directory));
${names.map((name, n) => `	if (!strcmp(argv[2], "${name}")) { case_${String(n)}(); return 0; }`).join('\n')}
	return 99;
}
`;

/** Bodies by name as one program's text. */
export const sourceOf = (bodies: Readonly<Record<string, string>>): string =>
  [
    PROLOGUE,
    ...Object.values(bodies).map(
      (body, n) => `static void case_${String(n)}(void)\n{\n${body}\n}\n`,
    ),
    mainOf(Object.keys(bodies)),
  ].join('\n');

/** A directory of its own under the system's; `remove` it. Canonical, so that names can be compared. */
export class Workshop {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'pinfold-kernel-')));
  #rooms = 0;

  /** Compiles C text to `directory/name`. @throws what gcc says */
  compile(name: string, source: string, ...flags: readonly string[]): string {
    const output = join(this.directory, name);
    const file = `${output}.c`;
    writeFileSync(file, source);
    execFileSync('gcc', ['-std=gnu17', '-O1', '-w', '-static', ...flags, '-o', output, file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return output;
  }

  /** A fresh empty directory for one case. */
  room(): string {
    const room = join(this.directory, `room${String((this.#rooms += 1))}`);
    mkdirSync(room, { mode: 0o777 });
    return room;
  }

  remove(): void {
    // Not rmSync: some tests make paths longer than PATH_MAX.
    execFileSync('rm', ['-rf', this.directory]);
  }
}

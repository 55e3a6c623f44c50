/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tax CPU CHUNKS CALLS FILE OUT
 * Pins itself to CPU and writes CHUNKS lines "getppid-ns open+close-ns" to OUT: CPU time of this
 * thread per getppid() and per open+close of FILE, each over CALLS calls. CPU time leaves out what
 * the scheduler gave to others.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static double per_getppid(long calls)
{
	double start = now();

	for (long i = 0; i < calls; i++)
		syscall(SYS_getppid);
	return (now() - start) / calls;
}

static double per_open(long calls, const char *path)
{
	double start = now();

	for (long i = 0; i < calls; i++) {
		int file = open(path, O_RDONLY | O_CLOEXEC);

		if (file < 0) {
			perror(path);
			exit(1);
		}
		close(file);
	}
	return (now() - start) / calls;
}

int main(int count, char **arguments)
{
	long chunks, calls;
	cpu_set_t set;
	FILE *out;

	if (count != 6)
		return 2;
	CPU_ZERO(&set);
	CPU_SET(atoi(arguments[1]), &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("sched_setaffinity");
		return 1;
	}
	chunks = atol(arguments[2]);
	calls = atol(arguments[3]);
	out = fopen(arguments[5], "w");
	if (!out) {
		perror(arguments[5]);
		return 1;
	}
	per_getppid(calls);
	per_open(calls / 4, arguments[4]);
	for (long i = 0; i < chunks; i++) {
		double getppid_ns = per_getppid(calls);

		fprintf(out, "%.3f %.3f\n", getppid_ns, per_open(calls / 4, arguments[4]));
	}
	return fclose(out) ? 1 : 0;
}

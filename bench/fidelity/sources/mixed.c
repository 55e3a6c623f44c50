/* SPDX-License-Identifier: Apache-2.0 */
/* A 64-bit program that also enters the kernel through the 32-bit gate, with names and arguments. */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Numbers of arch/x86/entry/syscalls/syscall_32.tbl. */
enum { OPEN = 5, UNLINK = 10, GETPID = 20, RENAME = 38, MKDIR = 39 };

static long gate(long number, const void *first, long second, long third)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"((long)(uintptr_t)first), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

int main(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	char *other = low + 64;

	if (low == MAP_FAILED)
		err(1, "mmap");
	if (gate(GETPID, NULL, 0, 0) != getpid())
		errx(3, "this kernel has no 32-bit gate");
	strcpy(low, "through-the-gate");
	strcpy(other, "renamed");
	if (gate(OPEN, low, O_CREAT | O_EXCL | O_RDWR, 0600) < 0)
		errx(1, "open");
	if (gate(RENAME, low, (long)(uintptr_t)other, 0) || gate(UNLINK, other, 0, 0))
		errx(1, "rename");
	strcpy(low, "directory");
	if (gate(MKDIR, low, 0700, 0))
		errx(1, "mkdir");
	puts("done");
	return 0;
}

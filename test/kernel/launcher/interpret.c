/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the filter of the plan on descriptor 3 and runs it, as the kernel would, over the calls on
 * standard input (`AUDIT_ARCH NR ARG0 … ARG5`, decimal); prints the action of each. An instruction
 * that the kernel does not take in a filter, or a jump out of it, ends with an error. */
#include <linux/seccomp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "plan.h"

static void broken(unsigned int at, const char *what)
{
	fprintf(stderr, "instruction %u: %s\n", at, what);
	exit(1);
}

static uint32_t interpret(const struct program *program, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (unsigned int at = 0; at < program->length; at++) {
		const struct sock_filter *now = &program->instructions[at];
		unsigned int jump = 0;

		switch (now->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (now->k % 4 != 0 || now->k + 4 > sizeof(*data))
				broken(at, "load");
			memcpy(&a, (const char *)data + now->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= now->k;
			break;
		case BPF_JMP | BPF_JA:
			jump = now->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			jump = a == now->k ? now->jt : now->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			jump = a > now->k ? now->jt : now->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			jump = a >= now->k ? now->jt : now->jf;
			break;
		case BPF_RET | BPF_K:
			return now->k;
		default:
			broken(at, "not expected here");
		}
		if (jump >= program->length - at)
			broken(at, "jump out of the program");
		at += jump;
	}
	broken(program->length, "no return");
	return 0;
}

int main(void)
{
	static struct program program;
	struct plan plan = {0};
	struct seccomp_data data = {0};
	uint64_t *args = (uint64_t *)data.args;

	plan_read(3, &plan);
	filter_build(&plan.seccomp, NULL, 0, &program);
	while (scanf("%" SCNu32 " %d %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		     " %" SCNu64,
		     &data.arch, &data.nr, &args[0], &args[1], &args[2], &args[3], &args[4],
		     &args[5]) == 8)
		printf("%" PRIu32 "\n", interpret(&program, &data));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* pinfold-launch: puts a program into a slot and execs it.
 *
 * Everything that can fail is prepared first. Then the process joins the cgroup, from where the
 * kernel counts it as entering until the exec, waits until the parent has set the slot, gives up
 * its rights in the order in which the later steps do not need them, and execs. It stays alive
 * when its parent dies (no PR_SET_PDEATHSIG): enforcement outlives the agent. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "landlock.h"
#include "last_call.h"
#include "plan.h"
#include "privileges.h"
#include "probe.h"
#include "resolve.h"
#include "status.h"
#include "task.h"
#include "text.h"

static const char usage[] =
	"usage: pinfold-launch --cgroup-fd N|--cgroup PATH --plan-fd N [--status-fd N] "
	"[--go-fd N] -- PROGRAM [ARG…]\n"
	"       pinfold-launch --probe\n";

struct options {
	int cgroup_fd, plan_fd, status_fd, go_fd;
	const char *cgroup;
	char **program;
};

static _Noreturn void refuse_usage(const char *problem)
{
	fprintf(stderr, "pinfold-launch: %s\n%s", problem, usage);
	_exit(EXIT_OWN_FAILURE);
}

/* Descriptors 0 to 2 belong to the program. */
static int descriptor(const char *text)
{
	uint32_t fd;

	if (!parse_u32(text, 10, &fd) || fd <= STDERR_FILENO || fd > INT32_MAX ||
	    fcntl((int)fd, F_GETFD) < 0)
		refuse_usage("not an open descriptor from 3 on");
	return (int)fd;
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{"cgroup-fd", required_argument, NULL, 'c'},
		{"cgroup", required_argument, NULL, 'C'},
		{"plan-fd", required_argument, NULL, 'p'},
		{"status-fd", required_argument, NULL, 's'},
		{"go-fd", required_argument, NULL, 'g'},
		{0},
	};
	struct options options = {.cgroup_fd = -1, .plan_fd = -1, .status_fd = -1, .go_fd = -1};
	int option;

	while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			options.cgroup_fd = descriptor(optarg);
			break;
		case 'C':
			options.cgroup = optarg;
			break;
		case 'p':
			options.plan_fd = descriptor(optarg);
			break;
		case 's':
			options.status_fd = descriptor(optarg);
			break;
		case 'g':
			options.go_fd = descriptor(optarg);
			break;
		default:
			refuse_usage("unknown option");
		}
	}
	options.program = argv + optind;
	if (*options.program == NULL)
		refuse_usage("no program");
	if (options.plan_fd < 0)
		refuse_usage("no --plan-fd");
	if ((options.cgroup_fd < 0) == (options.cgroup == NULL))
		refuse_usage("exactly one of --cgroup-fd and --cgroup");
	return options;
}

int main(int argc, char **argv)
{
	static struct program filter;
	struct exemption exemptions[MAX_EXEMPTIONS];
	struct plan plan = {0};
	int ruleset = -1;

	if (argc == 2 && strcmp(argv[1], "--probe") == 0)
		return probe();
	hold_standard_descriptors();
	struct options options = parse_options(argc, argv);

	status_to(options.status_fd);
	signal(SIGPIPE, SIG_IGN);
	plan_read(options.plan_fd, &plan);

	char *path = resolve_program(options.program[0]);
	char *canonical = canonical_path(path);
	struct last_call call = last_call_prepare(path, options.program);
	int procs = cgroup_open(options.cgroup_fd, options.cgroup);

	if (plan.landlock.present)
		ruleset = landlock_prepare(&plan.landlock);
	if (plan.seccomp.present)
		filter_build(&plan.seccomp, exemptions,
			     last_call_exemptions(&call, &plan.seccomp, exemptions), &filter);

	cgroup_join(procs);
	status_line("joined");
	if (options.go_fd >= 0)
		wait_for_go(options.go_fd);

	if (plan.limit_capabilities)
		capabilities_limit(plan.keep_capabilities);
	if (plan.no_new_privs)
		set_no_new_privs();
	close_descriptors_on_exec();
	if (ruleset >= 0)
		landlock_apply(ruleset);
	status_line_with("exec", canonical);
	reset_signals();
	if (plan.seccomp.present)
		filter_load(&filter);
	last_call_exec(&call);
}

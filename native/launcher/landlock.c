/* SPDX-License-Identifier: Apache-2.0 */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "status.h"

/* Of ABI 4 and later; the headers of Debian 12 end at ABI 2. */
struct net_port_attr {
	uint64_t allowed_access;
	uint64_t port;
};

enum { RULE_NET_PORT = 2 };

/* READ_DIR up to REFER mean something below a directory only; the kernel refuses them for others. */
#define DIRECTORY_ONLY 0x3ff8ull

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (abi >= 0)
		return (int)abi;
	if (errno == ENOSYS || errno == EOPNOTSUPP)
		return 0;
	fail(EXIT_OWN_FAILURE, "landlock", errno, "asking for the version");
}

static int create_ruleset(const struct landlock_rights *handled)
{
	return (int)syscall(SYS_landlock_create_ruleset, handled, sizeof(*handled), 0);
}

static uint64_t known_bits(uint64_t asked, struct landlock_rights *probe, uint64_t *field)
{
	uint64_t known = 0;

	for (int bit = 0; bit < 64; bit++) {
		*field = asked & 1ull << bit;
		if (*field == 0)
			continue;
		int fd = create_ruleset(probe);

		if (fd < 0 && errno != EINVAL && errno != E2BIG)
			fail(EXIT_OWN_FAILURE, "landlock", errno, "asking for right %d", bit);
		if (fd < 0)
			continue;
		close(fd);
		known |= *field;
	}
	*field = 0;
	return known;
}

struct landlock_rights landlock_known(const struct landlock_rights *asked)
{
	struct landlock_rights probe = {0};
	struct landlock_rights known = {0};

	if (landlock_abi() == 0)
		return known;
	known.fs = known_bits(asked->fs, &probe, &probe.fs);
	known.net = known_bits(asked->net, &probe, &probe.net);
	known.scoped = known_bits(asked->scoped, &probe, &probe.scoped);
	return known;
}

/* A profile names objects by their real path. A symbolic link in it is not followed: it would
 * allow what the profile does not name, and whoever may write the link would choose what. */
static int open_object(const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static void report_skipped(const char *path, int err)
{
	char fields[64];

	snprintf(fields, sizeof(fields), "skipped\t%d\t%s", err, strerrorname_np(err));
	status_line_with(fields, path);
}

static void add_path(int ruleset, const struct path_rule *rule, uint64_t known)
{
	int fd = open_object(rule->path);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) {
		report_skipped(rule->path, errno);
		return;
	}
	if (fd < 0)
		fail(EXIT_OWN_FAILURE, "landlock", errno, "%s", rule->path);
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = rule->rights & known,
		.parent_fd = fd,
	};
	struct stat object;

	if (fstat(fd, &object) != 0)
		fail(EXIT_OWN_FAILURE, "landlock", errno, "%s", rule->path);
	if (!S_ISDIR(object.st_mode))
		beneath.allowed_access &= ~DIRECTORY_ONLY;
	if (beneath.allowed_access != 0 &&
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0)
		fail(EXIT_OWN_FAILURE, "landlock", errno, "rule for %s", rule->path);
	close(fd);
}

static void add_port(int ruleset, const struct port_rule *rule, uint64_t known)
{
	struct net_port_attr attr = {.allowed_access = rule->rights & known, .port = rule->port};

	if (attr.allowed_access != 0 &&
	    syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &attr, 0) != 0)
		fail(EXIT_OWN_FAILURE, "landlock", errno, "rule for port %" PRIu64, rule->port);
}

int landlock_prepare(const struct landlock_plan *plan)
{
	struct landlock_rights asked = {plan->fs, plan->net, plan->scoped};
	struct landlock_rights known = landlock_known(&asked);

	if (!plan->best_effort && memcmp(&asked, &known, sizeof(asked)) != 0)
		fail(EXIT_OWN_FAILURE, "landlock", EOPNOTSUPP,
		     "this kernel (ABI %d) lacks rights fs %#" PRIx64 " net %#" PRIx64
		     " scoped %#" PRIx64,
		     landlock_abi(), asked.fs & ~known.fs, asked.net & ~known.net,
		     asked.scoped & ~known.scoped);
	status_line("landlock\t%d\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, landlock_abi(), known.fs,
		    known.net, known.scoped);
	if ((known.fs | known.net | known.scoped) == 0)
		return -1;
	int ruleset = create_ruleset(&known);

	if (ruleset < 0)
		fail(EXIT_OWN_FAILURE, "landlock", errno, "creating the ruleset");
	if (known.fs != 0)
		for (size_t i = 0; i < plan->path_count; i++)
			add_path(ruleset, &plan->paths[i], known.fs);
	if (known.net != 0)
		for (size_t i = 0; i < plan->port_count; i++)
			add_port(ruleset, &plan->ports[i], known.net);
	return ruleset;
}

void landlock_apply(int ruleset)
{
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		fail(EXIT_OWN_FAILURE, "landlock", errno, "restricting");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch.h"
#include "status.h"
#include "text.h"

enum { MAX_FIELDS = 5, MAX_PLAN_BYTES = 64 << 20 };

struct line {
	size_t number;
	size_t field_count;
	char *fields[MAX_FIELDS];
};

#define REFUSE(line, what) \
	fail(EXIT_OWN_FAILURE, "plan", EINVAL, "line %zu: %s", (line)->number, what)

/* Room for one more element; doubles at powers of two. */
static void *grown(void *array, size_t count, size_t element_size)
{
	if (count != 0 && (count & (count - 1)) != 0)
		return array;
	void *bigger = reallocarray(array, count == 0 ? 1 : count * 2, element_size);

	if (bigger == NULL)
		fail(EXIT_OWN_FAILURE, "plan", ENOMEM, "%zu elements", count);
	return bigger;
}

static uint64_t number(const struct line *line, size_t field, int base)
{
	uint64_t value;

	if (!parse_u64(line->fields[field], base, &value))
		REFUSE(line, "not a number of 64 bits");
	return value;
}

static void on_no_new_privs(struct plan *plan, const struct line *line)
{
	(void)line;
	plan->no_new_privs = true;
}

static void on_capabilities_keep(struct plan *plan, const struct line *line)
{
	if (plan->limit_capabilities)
		REFUSE(line, "given twice");
	plan->limit_capabilities = true;
	plan->keep_capabilities = number(line, 1, 16);
}

static void on_landlock_handled(struct plan *plan, const struct line *line)
{
	if (plan->landlock.present)
		REFUSE(line, "given twice");
	plan->landlock.present = true;
	plan->landlock.fs = number(line, 1, 10);
	plan->landlock.net = number(line, 2, 10);
	plan->landlock.scoped = number(line, 3, 10);
}

static void on_landlock_best_effort(struct plan *plan, const struct line *line)
{
	(void)line;
	plan->landlock.best_effort = true;
}

static void on_landlock_path(struct plan *plan, const struct line *line)
{
	struct landlock_plan *landlock = &plan->landlock;
	struct path_rule rule = {.rights = number(line, 1, 10), .path = line->fields[2]};

	if (!percent_decode(rule.path) || rule.path[0] != '/')
		REFUSE(line, "not a percent-encoded absolute path");
	landlock->paths = grown(landlock->paths, landlock->path_count, sizeof(rule));
	landlock->paths[landlock->path_count++] = rule;
}

static void on_landlock_port(struct plan *plan, const struct line *line)
{
	struct landlock_plan *landlock = &plan->landlock;
	struct port_rule rule = {.rights = number(line, 1, 10), .port = number(line, 2, 10)};

	if (rule.port > UINT16_MAX)
		REFUSE(line, "not a port");
	landlock->ports = grown(landlock->ports, landlock->port_count, sizeof(rule));
	landlock->ports[landlock->port_count++] = rule;
}

static uint32_t action(const struct line *line, size_t field)
{
	const char *text = line->fields[field];
	uint32_t value;

	if (strcmp(text, "allow") == 0)
		return SCMP_ACT_ALLOW;
	if (strcmp(text, "kill") == 0)
		return SCMP_ACT_KILL_PROCESS;
	if (strncmp(text, "errno:", 6) != 0 || !parse_u32(text + 6, 10, &value) || value == 0 ||
	    value > 4095)
		REFUSE(line, "not an action: allow, errno:1 to errno:4095, or kill");
	return SCMP_ACT_ERRNO(value);
}

static void on_seccomp_default(struct plan *plan, const struct line *line)
{
	if (plan->seccomp.present)
		REFUSE(line, "given twice");
	plan->seccomp.present = true;
	plan->seccomp.default_action = action(line, 1);
}

static bool is_listed(const struct seccomp_plan *seccomp, uint32_t arch)
{
	for (size_t i = 0; i < seccomp->arch_count; i++)
		if (seccomp->arches[i] == arch)
			return true;
	return false;
}

static uint32_t arch(const struct line *line)
{
	const struct arch *found = arch_named(line->fields[1]);

	if (found == NULL)
		REFUSE(line, "not an architecture of this machine");
	return found->scmp;
}

static void on_seccomp_arch(struct plan *plan, const struct line *line)
{
	struct seccomp_plan *seccomp = &plan->seccomp;
	uint32_t token = arch(line);

	if (is_listed(seccomp, token) || seccomp->arch_count == MAX_ARCHES)
		REFUSE(line, "given twice");
	seccomp->arches[seccomp->arch_count++] = token;
}

static const struct {
	const char *name;
	enum scmp_compare op;
} compare_ops[] = {
	{"eq", SCMP_CMP_EQ},
	{"ne", SCMP_CMP_NE},
	{"lt", SCMP_CMP_LT},
	{"le", SCMP_CMP_LE},
	{"gt", SCMP_CMP_GT},
	{"ge", SCMP_CMP_GE},
	{"maskeq", SCMP_CMP_MASKED_EQ},
};

/* ARG:OP:VALUE[:VALUE2] */
static struct scmp_arg_cmp comparison(const struct line *line, char *text)
{
	struct scmp_arg_cmp result = {0};
	char *index = strsep(&text, ":");
	char *op = strsep(&text, ":");
	char *value = strsep(&text, ":");
	char *second = text;
	uint32_t arg;
	uint64_t a, b = 0;
	size_t i = 0;

	if (value == NULL || !parse_u32(index, 10, &arg) || arg >= SYSCALL_ARGS ||
	    !parse_u64(value, 10, &a) ||
	    (second != NULL && *second != '\0' && !parse_u64(second, 10, &b)))
		REFUSE(line, "not a comparison ARG:OP:VALUE[:VALUE2]");
	while (i < sizeof(compare_ops) / sizeof(compare_ops[0]) &&
	       strcmp(compare_ops[i].name, op) != 0)
		i++;
	if (i == sizeof(compare_ops) / sizeof(compare_ops[0]))
		REFUSE(line, "not a comparison: eq, ne, lt, le, gt, ge or maskeq");
	bool masked = compare_ops[i].op == SCMP_CMP_MASKED_EQ;

	if (masked && (second == NULL || *second == '\0'))
		REFUSE(line, "maskeq needs a second value");
	/* It could never hold, and libseccomp would drop those bits without a word. */
	if (masked && (b & ~a) != 0)
		REFUSE(line, "maskeq with bits outside its mask");
	if (!masked && b != 0)
		REFUSE(line, "only maskeq has a second value");
	result.arg = arg;
	result.op = compare_ops[i].op;
	result.datum_a = a;
	result.datum_b = b;
	return result;
}

static void on_seccomp_rule(struct plan *plan, const struct line *line)
{
	struct seccomp_plan *seccomp = &plan->seccomp;
	struct call_rule rule = {.arch = arch(line), .action = action(line, 3)};
	char *list = line->field_count > 4 ? line->fields[4] : NULL;
	unsigned int seen = 0;

	/* The kernel and libseccomp give numbers of 2^31 and more meanings of their own. */
	if (!parse_u32(line->fields[2], 10, &rule.nr) || rule.nr > INT32_MAX)
		REFUSE(line, "not a system call number");
	if (rule.arch == SCMP_ARCH_X32)
		rule.nr |= X32_BIT;
	else if (rule.nr >= X32_BIT)
		REFUSE(line, "a system call number of x32");
	while (list != NULL && *list != '\0') {
		struct scmp_arg_cmp one = comparison(line, strsep(&list, ","));

		if ((seen & (1u << one.arg)) != 0)
			REFUSE(line, "two comparisons of one argument");
		seen |= 1u << one.arg;
		rule.args[rule.arg_count++] = one;
	}
	seccomp->rules = grown(seccomp->rules, seccomp->rule_count, sizeof(rule));
	seccomp->rules[seccomp->rule_count++] = rule;
}

static const struct {
	const char *name;
	size_t min_fields, max_fields;
	void (*apply)(struct plan *plan, const struct line *line);
} directives[] = {
	{"no_new_privs", 1, 1, on_no_new_privs},
	{"capabilities_keep", 2, 2, on_capabilities_keep},
	{"landlock_handled", 4, 4, on_landlock_handled},
	{"landlock_best_effort", 1, 1, on_landlock_best_effort},
	{"landlock_path", 3, 3, on_landlock_path},
	{"landlock_port", 3, 3, on_landlock_port},
	{"seccomp_default", 2, 2, on_seccomp_default},
	{"seccomp_arch", 2, 2, on_seccomp_arch},
	{"seccomp_rule", 4, 5, on_seccomp_rule},
};

static void apply_line(struct plan *plan, struct line *line, char *text)
{
	line->field_count = 0;
	while (text != NULL) {
		if (line->field_count == MAX_FIELDS)
			REFUSE(line, "too many fields");
		line->fields[line->field_count++] = strsep(&text, "\t");
	}
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		if (strcmp(directives[i].name, line->fields[0]) != 0)
			continue;
		if (line->field_count < directives[i].min_fields ||
		    line->field_count > directives[i].max_fields)
			REFUSE(line, "wrong number of fields");
		directives[i].apply(plan, line);
		return;
	}
	REFUSE(line, "unknown directive");
}

/* The whole of `fd`, terminated; freed by nobody, because rules point into it until the exec. */
static char *read_whole(int fd, size_t *size)
{
	size_t capacity = 1 << 16, used = 0;
	char *bytes = NULL;

	for (;;) {
		if (bytes == NULL || used == capacity) {
			capacity *= 2;
			bytes = realloc(bytes, capacity + 1);
			if (bytes == NULL)
				fail(EXIT_OWN_FAILURE, "plan", ENOMEM, "%zu bytes", capacity);
		}
		ssize_t got = read(fd, bytes + used, capacity - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			fail(EXIT_OWN_FAILURE, "plan", errno, "reading");
		if (got == 0)
			break;
		used += (size_t)got;
		if (used > MAX_PLAN_BYTES)
			fail(EXIT_OWN_FAILURE, "plan", EFBIG, "more than %d bytes", MAX_PLAN_BYTES);
	}
	bytes[used] = '\0';
	*size = used;
	return bytes;
}

static void check_whole(const struct plan *plan)
{
	const struct landlock_plan *landlock = &plan->landlock;
	const struct seccomp_plan *seccomp = &plan->seccomp;
	const char *problem = NULL;

	if (!landlock->present && landlock->path_count + landlock->port_count > 0)
		problem = "landlock rules without landlock_handled";
	if (seccomp->present && seccomp->arch_count == 0)
		problem = "seccomp_default without seccomp_arch";
	if (!seccomp->present && seccomp->arch_count + seccomp->rule_count > 0)
		problem = "seccomp rules without seccomp_default";
	/* Else a set-user-ID program could be confused by what it is refused, and the kernel
	 * asks for CAP_SYS_ADMIN, which is dropped by then. */
	if ((landlock->present || seccomp->present) && !plan->no_new_privs)
		problem = "landlock and seccomp need no_new_privs";
	for (size_t i = 0; i < landlock->path_count; i++)
		if ((landlock->paths[i].rights & ~landlock->fs) != 0)
			problem = "landlock_path with rights that landlock_handled does not list";
	for (size_t i = 0; i < landlock->port_count; i++)
		if ((landlock->ports[i].rights & ~landlock->net) != 0)
			problem = "landlock_port with rights that landlock_handled does not list";
	for (size_t i = 0; i < seccomp->rule_count; i++)
		if (!is_listed(seccomp, seccomp->rules[i].arch))
			problem = "seccomp_rule for an architecture without seccomp_arch";
	if (problem != NULL)
		fail(EXIT_OWN_FAILURE, "plan", EINVAL, "%s", problem);
}

void plan_read(int fd, struct plan *plan)
{
	size_t size;
	char *rest = read_whole(fd, &size);
	struct line line = {0};
	bool ended = false;

	if (strlen(rest) != size)
		fail(EXIT_OWN_FAILURE, "plan", EINVAL, "a NUL byte at offset %zu", strlen(rest));
	while (rest != NULL && *rest != '\0') {
		char *text = strsep(&rest, "\n");

		line.number++;
		if (ended)
			REFUSE(&line, "something follows `end`");
		if (strcmp(text, "end") == 0)
			ended = true;
		else
			apply_line(plan, &line, text);
	}
	if (!ended)
		fail(EXIT_OWN_FAILURE, "plan", ENODATA, "cut off after %zu lines: no `end`",
		     line.number);
	check_whole(plan);
}

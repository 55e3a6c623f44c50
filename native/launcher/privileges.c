/* SPDX-License-Identifier: Apache-2.0 */
/* An exec by root fills the permitted set from the bounding set again, so dropping permitted
 * capabilities alone would last until the exec. Hence the bounding set goes first, while
 * CAP_SETPCAP is still there. The securebits stay as they are: with NOROOT set a program that runs
 * as root would lose the kept capabilities as well, because nothing would raise them at its exec;
 * without, it gets exactly bounding ∩ keep. Ambient capabilities are lowered, never raised: a
 * profile that allows a capability does not grant it. */
#include "privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "status.h"

static void get_raw(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	if (syscall(SYS_capget, &header, data) != 0)
		fail(EXIT_OWN_FAILURE, "capabilities", errno, "reading");
}

static uint64_t join(uint32_t low, uint32_t high)
{
	return low | (uint64_t)high << 32;
}

struct capability_sets capabilities_get(void)
{
	struct __user_cap_data_struct data[2];

	get_raw(data);
	return (struct capability_sets){
		.permitted = join(data[0].permitted, data[1].permitted),
		.effective = join(data[0].effective, data[1].effective),
		.inheritable = join(data[0].inheritable, data[1].inheritable),
	};
}

uint64_t capabilities_bounding(void)
{
	uint64_t set = 0;

	/* The kernel answers EINVAL after its last capability. */
	for (int cap = 0; cap < 64; cap++) {
		int held = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (held < 0)
			break;
		set |= (uint64_t)held << cap;
	}
	return set;
}

void capabilities_limit(uint64_t keep)
{
	uint64_t bounding = capabilities_bounding();
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int cap = 0; cap < 64; cap++) {
		if ((bounding & ~keep & 1ull << cap) != 0 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			fail(EXIT_OWN_FAILURE, "capabilities", errno,
			     "dropping %d from the bounding set", cap);
	}
	/* Ambient ⊆ permitted ∩ inheritable, which the kernel maintains: this lowers it too. */
	get_raw(data);
	for (int word = 0; word < 2; word++) {
		uint32_t mask = (uint32_t)(keep >> (32 * word));

		data[word].permitted &= mask;
		data[word].effective &= mask;
		data[word].inheritable &= mask;
	}
	if (syscall(SYS_capset, &header, data) != 0)
		fail(EXIT_OWN_FAILURE, "capabilities", errno, "setting");
}

void set_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		fail(EXIT_OWN_FAILURE, "no_new_privs", errno, "setting");
}

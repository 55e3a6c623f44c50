/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PINFOLD_LANDLOCK_H
#define PINFOLD_LANDLOCK_H

#include <stdint.h>

#include "plan.h"

/* Rights by kind, as one bit each: <linux/landlock.h>. */
struct landlock_rights {
	uint64_t fs, net, scoped;
};

/* The kernel's ABI version; 0 where Landlock is not built in or not enabled. */
int landlock_abi(void);

/* Those of `asked` that this kernel knows, found by asking it one bit at a time: the answer holds
 * for kernels that are newer than this source. */
struct landlock_rights landlock_known(const struct landlock_rights *asked);

/* Builds the ruleset; returns its descriptor, or -1 when nothing is left to restrict. Reports
 * `landlock` and `skipped`; fails at step `landlock`. */
int landlock_prepare(const struct landlock_plan *plan);

/* Restricts this task for good; needs no_new_privs. */
void landlock_apply(int ruleset);

#endif

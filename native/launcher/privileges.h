/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PINFOLD_PRIVILEGES_H
#define PINFOLD_PRIVILEGES_H

#include <stdint.h>

struct capability_sets {
	uint64_t permitted, effective, inheritable;
};

/* Of this task. Fails at step `capabilities`. */
struct capability_sets capabilities_get(void);
uint64_t capabilities_bounding(void);

/* Removes what is not in `keep` from every set, and adds nothing to any. Needs CAP_SETPCAP when
 * the bounding set shrinks. Fails at step `capabilities`. */
void capabilities_limit(uint64_t keep);

void set_no_new_privs(void);

#endif

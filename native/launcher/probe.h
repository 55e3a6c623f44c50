/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PINFOLD_PROBE_H
#define PINFOLD_PROBE_H

/* Prints what this kernel and this task offer, one line each: a name, a tab, and words separated
 * by spaces. Returns the exit status. */
int probe(void);

#endif

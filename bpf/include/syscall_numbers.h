/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* PF_NR_<ABI>_<name> for the ABIs of this architecture, from the one list of each. */
#ifndef PINFOLD_SYSCALL_NUMBERS_H
#define PINFOLD_SYSCALL_NUMBERS_H

#if defined(__TARGET_ARCH_x86)
#define PF_SYSCALL(name, number) PF_NR_X86_64_##name = number,
enum pf_numbers_x86_64 {
#include "pinfold_syscalls_x86_64.h"
};
#undef PF_SYSCALL
#define PF_SYSCALL(name, number) PF_NR_X86_##name = number,
enum pf_numbers_x86 {
#include "pinfold_syscalls_x86.h"
};
#undef PF_SYSCALL
#elif defined(__TARGET_ARCH_arm64)
#define PF_SYSCALL(name, number) PF_NR_AARCH64_##name = number,
enum pf_numbers_aarch64 {
#include "pinfold_syscalls_aarch64.h"
};
#undef PF_SYSCALL
#define PF_SYSCALL(name, number) PF_NR_ARM_##name = number,
enum pf_numbers_arm {
#include "pinfold_syscalls_arm.h"
};
#undef PF_SYSCALL
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What differs between kernel versions: one block per change, with the commit or release. */
#ifndef PINFOLD_CORE_FIXES_H
#define PINFOLD_CORE_FIXES_H

/* 6.17 renamed dentry.d_name's writable alias to __d_name; d_name itself stayed readable. No fix needed. */

/* FMODE_CREATED moved from bit 20 (0x100000) in 4.19 and stayed there; FMODE_READ, FMODE_WRITE and
 * FMODE_PATH are fixed since 2.6. They are not in BTF (macros). */
#define PF_FMODE_READ 0x1
#define PF_FMODE_WRITE 0x2
#define PF_FMODE_PATH 0x4000
#define PF_FMODE_CREATED 0x100000

/* Opened by the kernel for itself: the file below an overlay. FMODE_BACKING since 6.5, bit 25; 6.14 moved it
 * to bit 24 and gave 25 to FMODE_NONOTIFY, which programs' own files can have. Before 6.5 those files carried
 * FMODE_NOACCOUNT (since 4.19). */
extern int LINUX_KERNEL_VERSION __kconfig;
#define PF_FMODE_BACKING (LINUX_KERNEL_VERSION >= KERNEL_VERSION(6, 14, 0) ? 0x1000000 : 0x2000000)
#define PF_FMODE_INTERNAL (PF_FMODE_BACKING | 0x20000000)

#define PF_O_TRUNC 01000

/* In f_flags, which no caller can set (VALID_OPEN_FLAGS): opened to be executed, or as the interpreter of
 * what is executed. */
#define PF_FLAG_EXEC 0x20

#endif

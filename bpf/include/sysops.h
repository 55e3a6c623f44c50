/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a syscall that came back says about files: one line a syscall. Numbers come from the syscall
 * lists, so the same line serves every ABI that has the name.
 *
 *   X(name, kind, flags, flags argument,
 *     directory 1, path 1, access 1, directory 2, path 2, access 2)
 * NA in a directory's place is the current directory; in a path's place, none.
 */
#ifndef PINFOLD_SYSOPS_H
#define PINFOLD_SYSOPS_H

#define NA 0xff

enum pf_sysop_kind {
	PF_OP_NONE = 0,
	PF_OP_OPEN, /* returns a descriptor of what was opened */
	PF_OP_OBJECT, /* acts on the descriptor in "directory 1" */
	PF_OP_PATHS, /* acts on names */
	PF_OP_PEER, /* ioctl(TIOCGPTPEER): opens the other end of a terminal */
	PF_OP_EXEC, /* only failures are read here; success is sched_process_exec */
	PF_OP_MMAP,
	PF_OP_MPROTECT,
	PF_OP_CONNECT, /* unix sockets: inet is seen by the cgroup programs */
	PF_OP_BIND,
	PF_OP_ACCEPT,
	PF_OP_SEND, /* a datagram with an address in argument 4 */
	PF_OP_SEND_MESSAGE, /* the same, in a struct msghdr in argument 1 */
	PF_OP_SEND_MESSAGES, /* the same, in an array of struct mmsghdr */
};

enum pf_sysop_flags {
	PF_OP_FOLLOW = 1 << 0, /* the last component's symbolic link is followed */
	PF_OP_AT_FLAGS = 1 << 1, /* AT_SYMLINK_[NO]FOLLOW and AT_EMPTY_PATH in the flags argument */
	PF_OP_HOW = 1 << 2, /* openat2: flags are in a struct */
	PF_OP_TRUNC = 1 << 3, /* creat: O_CREAT|O_WRONLY|O_TRUNC implied */
	PF_OP_EXCHANGE = 1
			 << 4, /* RENAME_EXCHANGE in the fifth argument: each name goes and comes */
};

struct pf_sysop {
	u8 kind, flags, flags_argument;
	u8 directory1, path1, access1;
	u8 directory2, path2, access2;
};

/* clang-format off */
#define PF_SYSOPS_COMMON(X)                                                            \
	X(openat, PF_OP_OPEN, PF_OP_FOLLOW, 2, 0, 1, 0, NA, NA, 0)                       \
	X(openat2, PF_OP_OPEN, PF_OP_FOLLOW | PF_OP_HOW, 2, 0, 1, 0, NA, NA, 0)          \
	X(open_by_handle_at, PF_OP_OPEN, 0, 2, NA, NA, 0, NA, NA, 0)                       \
	X(ioctl, PF_OP_PEER, 0, 2, NA, NA, 0, NA, NA, 0)                                    \
	X(unlinkat, PF_OP_PATHS, 0, NA, 0, 1, PF_DELETE, NA, NA, 0)                       \
	X(mkdirat, PF_OP_PATHS, 0, NA, 0, 1, PF_CREATE, NA, NA, 0)                        \
	X(mknodat, PF_OP_PATHS, 0, NA, 0, 1, PF_CREATE, NA, NA, 0)                        \
	X(symlinkat, PF_OP_PATHS, 0, NA, 1, 2, PF_CREATE, NA, NA, 0)                      \
	X(linkat, PF_OP_PATHS, PF_OP_AT_FLAGS, 4, 0, 1, PF_WRITE, 2, 3, PF_CREATE)      \
	X(renameat2, PF_OP_PATHS, PF_OP_EXCHANGE, 4, 0, 1, PF_DELETE, 2, 3, PF_CREATE)  \
	X(truncate, PF_OP_PATHS, PF_OP_FOLLOW, NA, NA, 0, PF_WRITE, NA, NA, 0)             \
	X(ftruncate, PF_OP_OBJECT, 0, NA, 0, NA, PF_WRITE, NA, NA, 0)                      \
	X(fchmod, PF_OP_OBJECT, 0, NA, 0, NA, PF_ATTRIBUTES, NA, NA, 0)                    \
	X(fchown, PF_OP_OBJECT, 0, NA, 0, NA, PF_ATTRIBUTES, NA, NA, 0)                    \
	X(fsetxattr, PF_OP_OBJECT, 0, NA, 0, NA, PF_ATTRIBUTES, NA, NA, 0)                 \
	X(fremovexattr, PF_OP_OBJECT, 0, NA, 0, NA, PF_ATTRIBUTES, NA, NA, 0)              \
	X(fchmodat, PF_OP_PATHS, PF_OP_FOLLOW, NA, 0, 1, PF_ATTRIBUTES, NA, NA, 0)        \
	X(fchmodat2, PF_OP_PATHS, PF_OP_FOLLOW | PF_OP_AT_FLAGS, 3, 0, 1, PF_ATTRIBUTES, NA, NA, 0) \
	X(fchownat, PF_OP_PATHS, PF_OP_FOLLOW | PF_OP_AT_FLAGS, 4, 0, 1, PF_ATTRIBUTES, NA, NA, 0)  \
	X(utimensat, PF_OP_PATHS, PF_OP_FOLLOW | PF_OP_AT_FLAGS, 3, 0, 1, PF_ATTRIBUTES, NA, NA, 0) \
	X(setxattr, PF_OP_PATHS, PF_OP_FOLLOW, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)        \
	X(lsetxattr, PF_OP_PATHS, 0, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)                  \
	X(removexattr, PF_OP_PATHS, PF_OP_FOLLOW, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)     \
	X(lremovexattr, PF_OP_PATHS, 0, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)               \
	X(execve, PF_OP_EXEC, PF_OP_FOLLOW, NA, NA, 0, PF_EXECUTE, NA, NA, 0)              \
	X(execveat, PF_OP_EXEC, PF_OP_FOLLOW | PF_OP_AT_FLAGS, 4, 0, 1, PF_EXECUTE, NA, NA, 0)      \
	X(mprotect, PF_OP_MPROTECT, 0, NA, NA, NA, PF_MAP_EXECUTABLE, NA, NA, 0)            \
	X(pkey_mprotect, PF_OP_MPROTECT, 0, NA, NA, NA, PF_MAP_EXECUTABLE, NA, NA, 0)       \
	X(connect, PF_OP_CONNECT, 0, NA, 0, NA, PF_WRITE, NA, NA, 0)                       \
	X(bind, PF_OP_BIND, 0, NA, 0, NA, PF_CREATE, NA, NA, 0)                            \
	X(accept4, PF_OP_ACCEPT, 0, NA, 0, NA, 0, NA, NA, 0)                               \
	X(sendto, PF_OP_SEND, 0, NA, 0, NA, PF_WRITE, NA, NA, 0)                            \
	X(sendmsg, PF_OP_SEND_MESSAGE, 0, NA, 0, NA, PF_WRITE, NA, NA, 0)                   \
	X(sendmmsg, PF_OP_SEND_MESSAGES, 0, NA, 0, NA, PF_WRITE, NA, NA, 0)

/* Names that only older ABIs have. */
#define PF_SYSOPS_LEGACY(X)                                                            \
	X(open, PF_OP_OPEN, PF_OP_FOLLOW, 1, NA, 0, 0, NA, NA, 0)                         \
	X(creat, PF_OP_OPEN, PF_OP_FOLLOW | PF_OP_TRUNC, NA, NA, 0, 0, NA, NA, 0)          \
	X(unlink, PF_OP_PATHS, 0, NA, NA, 0, PF_DELETE, NA, NA, 0)                         \
	X(rmdir, PF_OP_PATHS, 0, NA, NA, 0, PF_DELETE, NA, NA, 0)                          \
	X(mkdir, PF_OP_PATHS, 0, NA, NA, 0, PF_CREATE, NA, NA, 0)                          \
	X(mknod, PF_OP_PATHS, 0, NA, NA, 0, PF_CREATE, NA, NA, 0)                          \
	X(symlink, PF_OP_PATHS, 0, NA, NA, 1, PF_CREATE, NA, NA, 0)                        \
	X(link, PF_OP_PATHS, 0, NA, NA, 0, PF_WRITE, NA, 1, PF_CREATE)                    \
	X(rename, PF_OP_PATHS, 0, NA, NA, 0, PF_DELETE, NA, 1, PF_CREATE)                 \
	X(chmod, PF_OP_PATHS, PF_OP_FOLLOW, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)           \
	X(chown, PF_OP_PATHS, PF_OP_FOLLOW, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)           \
	X(lchown, PF_OP_PATHS, 0, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)                     \
	X(utime, PF_OP_PATHS, PF_OP_FOLLOW, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)           \
	X(utimes, PF_OP_PATHS, PF_OP_FOLLOW, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)          \
	X(futimesat, PF_OP_PATHS, PF_OP_FOLLOW, NA, 0, 1, PF_ATTRIBUTES, NA, NA, 0)

/* x86_64 and aarch64 have this name; ia32 and arm call it mmap2. */
#define PF_SYSOPS_MMAP(X) X(mmap, PF_OP_MMAP, 0, NA, 4, NA, PF_MAP_EXECUTABLE, NA, NA, 0)
#define PF_SYSOPS_MMAP2(X) X(mmap2, PF_OP_MMAP, 0, NA, 4, NA, PF_MAP_EXECUTABLE, NA, NA, 0)

#define PF_SYSOPS_RENAMEAT(X) X(renameat, PF_OP_PATHS, 0, NA, 0, 1, PF_DELETE, 2, 3, PF_CREATE)
#define PF_SYSOPS_ACCEPT(X) X(accept, PF_OP_ACCEPT, 0, NA, 0, NA, 0, NA, NA, 0)

/* 32-bit ABIs only. */
#define PF_SYSOPS_32(X)                                                                \
	X(truncate64, PF_OP_PATHS, PF_OP_FOLLOW, NA, NA, 0, PF_WRITE, NA, NA, 0)           \
	X(ftruncate64, PF_OP_OBJECT, 0, NA, 0, NA, PF_WRITE, NA, NA, 0)                    \
	X(chown32, PF_OP_PATHS, PF_OP_FOLLOW, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)         \
	X(lchown32, PF_OP_PATHS, 0, NA, NA, 0, PF_ATTRIBUTES, NA, NA, 0)                   \
	X(fchown32, PF_OP_OBJECT, 0, NA, 0, NA, PF_ATTRIBUTES, NA, NA, 0)                  \
	X(utimensat_time64, PF_OP_PATHS, PF_OP_FOLLOW | PF_OP_AT_FLAGS, 3, 0, 1, PF_ATTRIBUTES, NA, NA, 0)

/* clang-format on */
#define PF_SYSOP(name, kind_, flags_, flagsarg, d1, p1, a1, d2, p2, a2) \
	[PF_ABI_NUMBER(name)] = {kind_, flags_, flagsarg, d1, p1, a1, d2, p2, a2},

#define PF_TABLE 512

#if defined(__TARGET_ARCH_x86)
#define PF_ABI_NUMBER(name) PF_NR_X86_64_##name
static const struct pf_sysop pf_sysops_native[PF_TABLE] = {
	PF_SYSOPS_COMMON(PF_SYSOP) PF_SYSOPS_LEGACY(PF_SYSOP) PF_SYSOPS_MMAP(PF_SYSOP)
		PF_SYSOPS_RENAMEAT(PF_SYSOP) PF_SYSOPS_ACCEPT(PF_SYSOP)};
#undef PF_ABI_NUMBER
#define PF_ABI_NUMBER(name) PF_NR_X86_##name
static const struct pf_sysop pf_sysops_compat[PF_TABLE] = {
	PF_SYSOPS_COMMON(PF_SYSOP) PF_SYSOPS_LEGACY(PF_SYSOP) PF_SYSOPS_MMAP2(PF_SYSOP)
		PF_SYSOPS_RENAMEAT(PF_SYSOP) PF_SYSOPS_32(PF_SYSOP)};
#elif defined(__TARGET_ARCH_arm64)
#define PF_ABI_NUMBER(name) PF_NR_AARCH64_##name
static const struct pf_sysop pf_sysops_native[PF_TABLE] = {PF_SYSOPS_COMMON(
	PF_SYSOP) PF_SYSOPS_MMAP(PF_SYSOP) PF_SYSOPS_RENAMEAT(PF_SYSOP) PF_SYSOPS_ACCEPT(PF_SYSOP)};
#undef PF_ABI_NUMBER
#define PF_ABI_NUMBER(name) PF_NR_ARM_##name
static const struct pf_sysop pf_sysops_compat[PF_TABLE] = {PF_SYSOPS_COMMON(
	PF_SYSOP) PF_SYSOPS_MMAP2(PF_SYSOP) PF_SYSOPS_RENAMEAT(PF_SYSOP) PF_SYSOPS_32(PF_SYSOP)};
#endif

static __always_inline const struct pf_sysop *pf_sysop_of(u32 abi, u32 number)
{
	if (number >= PF_TABLE)
		return 0;
	asm volatile("" : "+r"(number)); /* keeps the mask, which the verifier needs to see */
	number &= PF_TABLE - 1;
	/* x32 shares the native numbers below 512. */
	return abi == PF_ABI_COMPAT ? &pf_sysops_compat[number] : &pf_sysops_native[number];
}

#endif

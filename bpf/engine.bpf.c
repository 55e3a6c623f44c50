// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The engine: identity, recording and the observation of denials on any kernel with BTF, the network part
 * of the ladder, and where the kernel has BPF LSM, verdicts. One object, so that all programs share one set
 * of maps; which of them are loaded and attached is decided in user space, by ability and by need.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "core_fixes.h"
#include "pinfold_shared.h"
#include "syscall_numbers.h"
#include "sysops.h"
#include "maps.h"
#include "engine.h"
#include "walk.h"

#include "tracing/identity.h"
#include "tracing/syscalls.h"
#include "tracing/exec.h"
#include "tracing/files.h"
#include "tracing/exit.h"
#include "tracing/network.h"
#include "tracing/capabilities.h"

#include "lsm/policy.h"
#include "lsm/conclude.h"
#include "lsm/hooks.h"

char LICENSE[] SEC("license") = "GPL";

/* Types that live on the stack only: named here so that BTF, and with it the layout test, has them. */
const struct pf_socket_event *pf_type_socket __attribute__((unused));
const struct pf_capability_event *pf_type_capability __attribute__((unused));
const struct pf_syscall_event *pf_type_syscall __attribute__((unused));
const struct pf_note_event *pf_type_note __attribute__((unused));
const struct pf_network_rule *pf_type_network_rule __attribute__((unused));
const union pf_policy_record *pf_type_policy __attribute__((unused));

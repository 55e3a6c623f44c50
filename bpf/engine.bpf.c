// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The tracing engine: identity, recording and the observation of denials on any kernel with BTF,
 * and the network part of the ladder. One object, so that all programs share one set of maps; which
 * of them are attached is decided in user space, by need.
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

#include "identity.h"
#include "syscalls.h"
#include "exec.h"
#include "files.h"
#include "exit.h"
#include "network.h"
#include "capabilities.h"

char LICENSE[] SEC("license") = "GPL";

/* Types that live on the stack only: named here so that BTF, and with it the layout test, has them. */
const struct pf_socket_event *pf_type_socket __attribute__((unused));
const struct pf_capability_event *pf_type_capability __attribute__((unused));
const struct pf_syscall_event *pf_type_syscall __attribute__((unused));
const struct pf_note_event *pf_type_note __attribute__((unused));
const struct pf_network_rule *pf_type_network_rule __attribute__((unused));

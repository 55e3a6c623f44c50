/** What the tax is measured under. */
import type { SlotConfiguration } from '../../src/bpf/session.js';

export type Where = 'outside' | 'inside';

export type Condition =
  | { readonly kind: 'Nothing'; readonly name: string }
  | { readonly kind: 'Bpftrace'; readonly name: string }
  | { readonly kind: 'Strace'; readonly name: string }
  | {
      readonly kind: 'Session';
      readonly name: string;
      /** Whether the measured program is a member of the slot. */
      readonly where: Where;
      /** Nothing: the session is open and no slot needs anything. */
      readonly slot?: SlotConfiguration;
      /** Network programs at the slot's cgroup, as `run` and `record` attach them. */
      readonly network: boolean;
    };

/** As `pinfold record` configures its slot (src/node-enforcer/record.ts). */
const RECORDING: SlotConfiguration = {
  observe: true,
  syscalls: true,
  denials: false,
  enforce: false,
  generation: 0,
  capabilitiesLost: 0n,
};

/** As `pinfold run --mode Enforce` does where the machine enforces all of the profile. */
const ENFORCING: SlotConfiguration = {
  observe: false,
  syscalls: false,
  denials: true,
  enforce: true,
  generation: 1,
  capabilitiesLost: 1n << 21n,
  network: { egress: true, ingress: true, entries: [] },
};

/** As the same does for a profile of network and capabilities alone. */
const ENFORCING_NO_RESULTS: SlotConfiguration = { ...ENFORCING, results: false };

/** The comparison that its issue names: syscalls counted by cgroup. */
export const BPFTRACE_PROGRAM = 'tracepoint:raw_syscalls:sys_enter { @[cgroup] = count(); }';

export const CONDITIONS: readonly Condition[] = [
  { kind: 'Nothing', name: 'control (nothing)' },
  { kind: 'Session', name: 'idle', where: 'outside', network: false },
  {
    kind: 'Session',
    name: 'enforcing elsewhere',
    where: 'outside',
    slot: ENFORCING,
    network: true,
  },
  {
    kind: 'Session',
    name: 'enforcing network elsewhere',
    where: 'outside',
    slot: ENFORCING_NO_RESULTS,
    network: true,
  },
  { kind: 'Session', name: 'enforcing here', where: 'inside', slot: ENFORCING, network: true },
  {
    kind: 'Session',
    name: 'recording elsewhere',
    where: 'outside',
    slot: RECORDING,
    network: true,
  },
  { kind: 'Session', name: 'recording here', where: 'inside', slot: RECORDING, network: true },
  { kind: 'Bpftrace', name: 'bpftrace by cgroup' },
  { kind: 'Strace', name: 'strace -f -c' },
];

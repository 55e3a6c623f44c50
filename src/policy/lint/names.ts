/** Capabilities and system calls: contradictions, names that do not exist, and keys to everything. */
import type { Capability } from '../capabilities.js';
import type { EffectiveRules, NameRules } from '../rules.js';
import { syscallNumber } from '../syscalls.js';
import { finding, named, type Finding } from './types.js';

/** What a capability leads to beyond its name (capabilities(7)). */
const STRONG: Partial<Readonly<Record<Capability, string>>> = {
  SYS_ADMIN: 'allows mounting, namespaces and much else: nearly root',
  DAC_OVERRIDE: 'opens every file whatever its mode',
  DAC_READ_SEARCH: 'reads every file whatever its mode',
  SYS_MODULE: 'loads code into the kernel',
  SYS_PTRACE: 'reads and changes other processes',
  SYS_RAWIO: 'reaches memory and devices directly',
  SYS_BOOT: 'restarts the machine or loads another kernel',
  BPF: 'loads programs into the kernel',
  MAC_ADMIN: 'changes the policy of security modules',
  MAC_OVERRIDE: 'walks around the policy of security modules',
  SETFCAP: 'gives capabilities to files',
};

const strong = ({ capabilities }: EffectiveRules): readonly Finding[] =>
  (capabilities.allow ?? []).flatMap(({ name, ref }) => {
    const reason = (STRONG as Readonly<Record<string, string | undefined>>)[name];
    const suggestion = 'Remove it unless a recording shows that it is used.';
    return reason === undefined ? [] : [finding(ref, 'StrongCapability', reason, suggestion)];
  });

const denied = ({ allow = [], deny }: NameRules): readonly Finding[] =>
  allow.flatMap(({ name, ref }) => {
    const by = deny.find((rule) => rule.name === name);
    if (by === undefined) return [];
    const says = `allows nothing: ${named(by.ref)} refuses it`;
    return [finding(ref, 'RuleDenied', says, 'Remove one of the two.')];
  });

const unknown = ({ syscalls }: EffectiveRules): readonly Finding[] =>
  [...(syscalls.allow ?? []), ...syscalls.deny].flatMap(({ name, ref }) =>
    syscalls.architectures.some((architecture) => syscallNumber(architecture, name) !== undefined)
      ? []
      : [
          finding(
            ref,
            'UnknownSyscall',
            `is no system call of ${syscalls.architectures.join(', ')} that is known here`,
            'Check its spelling, or remove it.',
          ),
        ],
  );

export const lintNames = (rules: EffectiveRules): readonly Finding[] => [
  ...denied(rules.capabilities),
  ...strong(rules),
  ...denied(rules.syscalls),
  ...unknown(rules),
];

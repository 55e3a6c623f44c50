/** A plan as the launcher reads it: one directive a line (native/launcher/plan.h). */
import { capabilityMask } from '../capabilities.js';
import type { LadderPlan, SeccompAction, SeccompRule } from './types.js';

const encoder = new TextEncoder();
const CLOAKED_FIRST = 0xdc80;
const CLOAKED_LAST = 0xdcff;

const hex = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;

/** Printable ASCII but `%` as it is, every other byte as `%XX`; cloaked bytes (operation.ts) as the bytes they are. */
export const percentEncode = (text: string): string =>
  Array.from(text)
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      if (code >= CLOAKED_FIRST && code <= CLOAKED_LAST) return hex(code - 0xdc00);
      if (code > 0x20 && code < 0x7f && character !== '%') return character;
      return [...encoder.encode(character)].map(hex).join('');
    })
    .join('');

const action = (chosen: SeccompAction): string => {
  switch (chosen.kind) {
    case 'Allow':
      return 'allow';
    case 'Errno':
      return `errno:${chosen.errno}`;
    case 'Kill':
      return 'kill';
  }
};

const seccompRule = ({ architecture, number, conditions, action: chosen }: SeccompRule): string => {
  const list = conditions.map(({ argument, mask, value }) => `${argument}:maskeq:${mask}:${value}`);
  const fields = ['seccomp_rule', architecture, String(number), action(chosen)];
  return [...fields, ...(list.length === 0 ? [] : [list.join(',')])].join('\t');
};

/**
 * The whole text, ended by `end`. Equal plans give equal bytes. What the plan says about paths holds
 * for the moment of `kindOf`; the launcher skips and reports what has gone since.
 */
export const encodeLadder = (plan: LadderPlan): string => {
  const { landlock, seccomp, capabilities } = plan;
  const lines: string[] = [];
  if (landlock !== undefined || seccomp !== undefined || capabilities !== undefined)
    lines.push('no_new_privs');
  if (capabilities !== undefined)
    lines.push(`capabilities_keep\t${capabilityMask(capabilities.keep).toString(16)}`);
  if (landlock !== undefined) {
    const { handledFs, handledNet, scoped, rules, ports } = landlock;
    lines.push(`landlock_handled\t${handledFs}\t${handledNet}\t${scoped}`);
    for (const { path, rights } of rules)
      lines.push(`landlock_path\t${rights}\t${percentEncode(path)}`);
    for (const { port, rights } of ports) lines.push(`landlock_port\t${rights}\t${port}`);
  }
  if (seccomp !== undefined) {
    lines.push(`seccomp_default\t${action(seccomp.defaultAction)}`);
    for (const architecture of seccomp.architectures) lines.push(`seccomp_arch\t${architecture}`);
    for (const rule of seccomp.rules) lines.push(seccompRule(rule));
  }
  return [...lines, 'end', ''].join('\n');
};

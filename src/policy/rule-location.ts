/** Where a rule stands in its object, for messages: `spec.rules.exec.allow[3]`. */
import type { RuleClass, RuleRef } from './operation.js';

const LISTS: Readonly<Record<RuleClass, (list: RuleRef['list']) => string>> = {
  exec: (list) => `exec.${list}`,
  files: (list) => `files.${list}`,
  egress: () => 'network.egress',
  ingress: () => 'network.ingress',
  capabilities: (list) => `capabilities.${list}`,
  syscalls: (list) => `syscalls.${list}`,
  forbid: () => 'forbid',
};

export const listLocation = (ruleClass: RuleClass, list: RuleRef['list']): string =>
  `spec.rules.${LISTS[ruleClass](list)}`;

export const ruleLocation = (ref: RuleRef): string =>
  `${listLocation(ref.class, ref.list)}[${ref.index.toString()}]`;

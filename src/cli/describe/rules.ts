/** Rules in a description: each class with how it judges, and its rules as a person would write them. */
import type { AnyProfile } from '../../api/objects.js';
import { effectiveRules } from '../../policy/effective.js';
import type { RuleRef } from '../../policy/operation.js';
import { listSection } from './block.js';

type Rules = AnyProfile['spec']['rules'];

/** A description stays readable; `get -o yaml` has everything. */
const SHOWN = 20;

/** Names are many and short; they share lines up to this width. */
const WIDTH = 90;

const bounded = (lines: readonly string[]): readonly string[] =>
  lines.length <= SHOWN ? lines : [...lines.slice(0, SHOWN), `… and ${lines.length - SHOWN} more`];

const texts = (rules: readonly { readonly ref: RuleRef }[]): readonly string[] =>
  bounded(rules.map(({ ref }) => ref.text));

const joined = (names: readonly string[]): readonly string[] => {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length + 2 <= WIDTH)
      lines[lines.length - 1] = `${last}, ${name}`;
    else lines.push(name);
  }
  return bounded(lines);
};

interface List {
  readonly allow?: readonly { readonly ref: RuleRef }[];
  readonly deny: readonly { readonly ref: RuleRef }[];
}

const lists = (name: string, { allow, deny }: List, show = texts): readonly string[] => [
  ...(allow === undefined ? [] : listSection(`${name} Allowed`, show(allow))),
  ...(deny.length === 0 ? [] : listSection(`${name} Denied`, show(deny))),
];

const names = (rules: readonly { readonly ref: RuleRef }[]): readonly string[] =>
  joined(rules.map(({ ref }) => ref.text));

/** Lines for the classes that have rules; those of `extends` and revisions are not among them. */
export const ruleLines = (rules: Rules): readonly string[] => {
  const { exec, files, egress, ingress, capabilities, syscalls, forbid } = effectiveRules(
    '',
    rules,
  );
  return [
    ...lists('Exec', exec),
    ...lists('Files', files),
    ...(egress === undefined ? [] : listSection('Egress Allowed', texts(egress))),
    ...(ingress === undefined ? [] : listSection('Ingress Allowed', texts(ingress))),
    ...lists('Capabilities', capabilities, names),
    ...lists('Syscalls', syscalls, names),
    ...(forbid.length === 0 ? [] : listSection('Forbidden', names(forbid))),
  ];
};

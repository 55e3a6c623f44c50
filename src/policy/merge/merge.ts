/**
 * Union of rules as they are written, in canonical form: sorted, each path once, what is equal merged.
 * Commutative, associative and idempotent, so that recordings can be merged in any order.
 */
import type { Rules } from '../../api/objects.js';
import type { SyscallAction } from '../rules.js';
import { strictestAction, unitedArchitectures } from '../unite.js';
import { compact, nonEmpty, presentOf, sortedNames } from './lists.js';
import { networkList } from './network.js';
import { allowedFiles, deniedFiles, execList } from './paths.js';

type SyscallRules = NonNullable<Rules['syscalls']>;

const actionOf = ({ otherwise }: SyscallRules): readonly SyscallAction[] => {
  if (otherwise === undefined) return [];
  return otherwise.action === 'Errno'
    ? [{ action: otherwise.action, errno: otherwise.errno ?? 'EPERM' }]
    : [{ action: otherwise.action }];
};

/** A part without lists says nothing, whatever else it holds. */
const saysSomething = ({ allow, deny = [] }: SyscallRules): boolean =>
  allow !== undefined || deny.length > 0;

const syscallsOf = (all: readonly SyscallRules[]): SyscallRules | undefined => {
  const parts = all.filter(saysSomething);
  if (parts.length === 0) return undefined;
  const deny = nonEmpty(sortedNames(presentOf(parts.map((part) => part.deny))));
  return compact({
    architectures: unitedArchitectures(parts),
    allow: sortedNames(presentOf(parts.map((part) => part.allow))),
    deny,
    // The errno is one of those that were given, all of which the API knows.
    otherwise: strictestAction(parts.flatMap(actionOf)) as NonNullable<SyscallRules['otherwise']>,
  });
};

/**
 * The rules of all parts as one. Throws `PathInvalid` and `CidrInvalid`. A class that no part
 * mentions stays absent; an allow-list of any part makes the class an allow-list.
 */
export const mergeRules = (...parts: readonly Rules[]): Rules => {
  const exec = parts.flatMap((part) => part.exec ?? []);
  const files = parts.flatMap((part) => part.files ?? []);
  const network = parts.flatMap((part) => part.network ?? []);
  const capabilities = parts.flatMap((part) => part.capabilities ?? []);
  const forbid = sortedNames(parts.flatMap((part) => part.forbid ?? []));
  return (
    compact({
      exec: compact({
        allow: execList(presentOf(exec.map(({ allow }) => allow))),
        deny: nonEmpty(execList(presentOf(exec.map(({ deny }) => deny)))),
      }),
      files: compact({
        allow: allowedFiles(presentOf(files.map(({ allow }) => allow))),
        deny: nonEmpty(deniedFiles(presentOf(files.map(({ deny }) => deny)))),
      }),
      network: compact({
        egress: networkList('to', presentOf(network.map(({ egress }) => egress))),
        ingress: networkList('from', presentOf(network.map(({ ingress }) => ingress))),
      }),
      capabilities: compact({
        allow: sortedNames(presentOf(capabilities.map(({ allow }) => allow))),
        deny: nonEmpty(sortedNames(presentOf(capabilities.map(({ deny }) => deny)))),
      }),
      syscalls: syscallsOf(parts.flatMap((part) => part.syscalls ?? [])),
      forbid: nonEmpty(forbid),
    }) ?? {}
  );
};

/** Path rules in canonical form: each path once, with all that any rule for it says. */
import type { Rules } from '../../api/objects.js';
import { isEveryAccess, orderedAccess } from '../access.js';
import { ACCESSES, type Access } from '../operation.js';
import { parsePattern, patternText } from '../paths.js';
import { compareText } from '../rule-order.js';

type FileRules = NonNullable<Rules['files']>;
type AllowedFile = NonNullable<FileRules['allow']>[number];
type DeniedFile = NonNullable<FileRules['deny']>[number];

/** Accesses by pattern; a rule without accesses stands for all. */
const byPath = (
  rules: readonly { readonly path: string; readonly access?: readonly Access[] }[],
): readonly (readonly [string, readonly Access[]])[] => {
  const accesses = new Map<string, readonly Access[]>();
  for (const { path, access = ACCESSES } of rules) {
    const pattern = patternText(parsePattern(path));
    accesses.set(pattern, [...(accesses.get(pattern) ?? []), ...access]);
  }
  return [...accesses].sort(([a], [b]) => compareText(a, b));
};

export const execList = (rules: readonly { readonly path: string }[] | undefined) =>
  rules && byPath(rules).map(([path]) => ({ path }));

export const allowedFiles = (rules: readonly AllowedFile[] | undefined) =>
  rules && byPath(rules).map(([path, access]) => ({ path, access: orderedAccess(access) }));

/** Refusing every access is written without accesses. */
export const deniedFiles = (rules: readonly DeniedFile[] | undefined) =>
  rules &&
  byPath(rules).map(([path, access]) =>
    isEveryAccess(access) ? { path } : { path, access: orderedAccess(access) },
  );

/** Path rules → what Landlock is told, with the reason wherever that is more than the rule says. */
import type { Access } from '../operation.js';
import { parsePattern, segmentsOf } from '../paths.js';
import { covers } from '../pattern-order.js';
import type { EffectiveRules, PathRule } from '../rules.js';
import type { GapCode } from './gaps.js';
import type { Grants, GrantSource } from './grant.js';
import { FS, MAKE, REMOVE } from './landlock-bits.js';
import { loaderCandidates } from './loaders.js';
import { byProfile, type Handled } from './path-model.js';
import { joinPath, type PathTrie } from './path-trie.js';
import type { KindOf } from './types.js';

const RIGHTS: Readonly<Record<Access, number>> = {
  Read: FS.readFile | FS.readDir,
  Write: FS.writeFile | FS.truncate | FS.resolveUnix,
  // A rename onto a file that exists creates it anew; Landlock wants the right to remove the old one.
  Create: MAKE | FS.removeFile,
  Delete: REMOVE,
  MapExecutable: FS.readFile,
  Attributes: 0,
};
const ON_PARENT = MAKE | REMOVE;

export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

const coversText = (wide: string, narrow: string): boolean =>
  covers(parsePattern(wide), parsePattern(narrow));

interface Shape {
  /** The components before the first wildcard. */
  readonly base: string;
  readonly kind: 'Literal' | 'Tree' | 'Wild';
}

const shapeOf = (pattern: string): Shape => {
  const components = segmentsOf(pattern);
  const first = components.findIndex((component) => component.endsWith('*'));
  if (first < 0) return { base: pattern, kind: 'Literal' };
  const base = components.slice(0, first).reduce(joinPath, '/');
  return { base, kind: components[first] === '**' ? 'Tree' : 'Wild' };
};

/** The rights of a rule that are more than it says because of what it is granted for. */
const readingReason = (access: readonly Access[]): GapCode | undefined =>
  access.includes('MapExecutable') && !access.includes('Read') ? 'MappedReadable' : undefined;

/** Collects the grants of a profile for this machine's files. `trie` holds the profile's rules. */
export const planGrants = (
  rules: EffectiveRules,
  trie: PathTrie,
  handled: Handled,
  kindOf: KindOf,
  loaders: readonly string[] | undefined,
): Grants => {
  const byPath = new Map<string, { path: string; rights: number; sources: GrantSource[] }>();
  const missing = new Set<string>();

  const grant = (path: string, rights: number, rule: string, reason?: GapCode): void => {
    if (rights === 0) return;
    const entry = byPath.get(path) ?? { path, rights: 0, sources: [] };
    byPath.set(path, entry);
    entry.rights |= rights;
    entry.sources.push({ rights, rule, ...(reason === undefined ? {} : { reason }) });
  };
  const isCreatable = (path: string): boolean => byProfile(rules, trie.lookup(path)).create;

  /** `directory` if it exists; else, where a member may create it, the nearest directory that does. */
  const anchor = (directory: string): string | undefined => {
    if (directory === '/' || kindOf(directory) === 'Directory') return directory;
    if (kindOf(directory) === 'File' || !isCreatable(directory)) return undefined;
    return anchor(parentOf(directory));
  };

  const grantBelow = (
    directory: string,
    rights: number,
    rule: string,
    reason: GapCode | undefined,
  ): void => {
    const at = anchor(directory);
    if (at === undefined) {
      if (rights !== 0 && kindOf(directory) === undefined) missing.add(directory);
      return;
    }
    grant(at, rights & ~FS.readDir, rule, at === directory ? reason : 'ParentGranted');
    // The directory itself is listed too, whatever the rule says of it.
    grant(
      at,
      rights & FS.readDir,
      rule,
      at === directory ? (reason ?? 'DirectoryListing') : 'ParentGranted',
    );
  };

  const grantLiteral = (
    path: string,
    rights: number,
    rule: string,
    reason: GapCode | undefined,
  ): void => {
    if (path !== '/') grantBelow(parentOf(path), rights & ON_PARENT, rule, 'ParentGranted');
    const own = rights & ~ON_PARENT;
    const kind = path === '/' ? 'Directory' : kindOf(path);
    if (own === 0) return;
    if (kind === 'Directory') {
      grant(path, own & FS.readDir, rule, 'DirectoryListing');
    } else if (isCreatable(path)) {
      // What a member creates or moves there is another file than the one that is there now.
      grantBelow(parentOf(path), own, rule, 'ParentGranted');
    } else if (kind === 'File') {
      grant(path, own & ~FS.readDir, rule, reason);
    } else {
      missing.add(path);
    }
  };

  const grantRule = (pattern: string, rights: number, rule: string, reason?: GapCode): void => {
    const { base, kind } = shapeOf(pattern);
    if (kind === 'Literal') grantLiteral(base, rights, rule, reason);
    else grantBelow(base, rights, rule, kind === 'Wild' ? 'WildcardWidened' : reason);
  };

  /** Accesses of an allow rule that no single deny rule takes away as a whole. */
  const left = (rule: PathRule): readonly Access[] =>
    (rule.access ?? ALL).filter(
      (access) =>
        !rules.files.deny.some(
          (deny) =>
            (deny.access === undefined || deny.access.includes(access)) &&
            coversText(deny.pattern, rule.pattern),
        ),
    );

  if (handled.files)
    for (const rule of rules.files.allow ?? []) {
      const access = left(rule);
      const rights = access.reduce((bits, each) => bits | RIGHTS[each], 0);
      grantRule(
        rule.pattern,
        handled.unix ? rights : rights & ~FS.resolveUnix,
        rule.ref.text,
        readingReason(access),
      );
    }
  const readToo = handled.files ? FS.readFile : 0;
  if (handled.exec || handled.files)
    for (const rule of rules.exec.allow ?? []) {
      if (rules.exec.deny.some((deny) => coversText(deny.pattern, rule.pattern))) continue;
      grantRule(rule.pattern, handled.exec ? FS.execute : 0, rule.ref.text);
      grantRule(rule.pattern, readToo, rule.ref.text, 'ExecutableReadable');
    }
  if (handled.exec)
    for (const loader of loaderCandidates(rules, loaders)) {
      if (kindOf(loader) !== 'File') continue;
      const abilities = byProfile(rules, trie.lookup(loader));
      if (!abilities.mapExecutable || abilities.exec) continue;
      grant(loader, FS.execute, loader, 'LoaderExecutable');
      grant(loader, readToo, loader, 'MappedReadable');
    }
  addRefer(byPath, handled, kindOf);
  return { byPath, missing: [...missing] };
};

const ALL: readonly Access[] = ['Read', 'Write', 'Create', 'Delete', 'MapExecutable', 'Attributes'];

/**
 * Without REFER Landlock refuses every move and link between directories. It gives nothing away by
 * itself: moving also needs REMOVE there and MAKE here, and gains no rights.
 */
const addRefer = (
  byPath: Map<string, { path: string; rights: number; sources: GrantSource[] }>,
  handled: Handled,
  kindOf: KindOf,
): void => {
  if (!handled.files) {
    if (!handled.exec) return;
    const root = byPath.get('/') ?? { path: '/', rights: 0, sources: [] };
    root.rights |= FS.refer;
    byPath.set('/', root);
    return;
  }
  for (const entry of byPath.values())
    if (kindOf(entry.path) === 'Directory' && entry.rights & (MAKE | REMOVE | FS.writeFile))
      entry.rights |= FS.refer;
};
